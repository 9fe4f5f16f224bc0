"""Fit the curve from scores to relevance, and the default cut-off, on development types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

from nerret_tools.lab.evaluation.calibration import best_f1, expected_calibration_error, f1_at, reliability
from nerret_tools.models import Calibration

CUTOFFS = np.arange(0.05, 0.96, 0.01)  # relevances tried as the default
UNRANKED = -2.0  # stands for the score of a relevant document that has none


class Judged(NamedTuple):
    """The ranking of one type over one collection.

    Attributes:
        scores: Of the documents ``[n]``. Relevant documents that were not ranked come with score
            `UNRANKED`; they count as missed, and the curve is not fitted to them.
        relevant: Whether each is, ``[n]``.
        name: Of the type.
    """

    scores: np.ndarray
    relevant: np.ndarray
    name: str = ""


@dataclass(frozen=True)
class HeldOut:
    """How a calibration does on types that it was not fitted on, each left out once; macro over types.

    Attributes:
        f1: At the default cut-off.
        best_f1: The best that any cut-off gives, chosen for each type.
        calibration_error: Expected calibration error of the ranked documents.
    """

    f1: float
    best_f1: float
    calibration_error: float


def fit_calibration(rankings: Sequence[Judged]) -> Calibration:
    """Fit one logistic curve over all rankings, each counting the same.

    Returns:
        The curve, with the cut-off that comes nearest to each ranking's best F1, in the mean.
    """
    ranked = [(one.scores > UNRANKED, one) for one in rankings]
    scores = torch.from_numpy(np.concatenate([one.scores[kept] for kept, one in ranked]))
    relevant = torch.from_numpy(np.concatenate([one.relevant[kept] for kept, one in ranked])).double()
    weights = torch.from_numpy(np.concatenate([np.full(kept.sum(), 1 / kept.sum()) for kept, _ in ranked]))
    line = torch.tensor([10.0, -5.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([line], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        logits = line[0] * scores + line[1]
        value = F.binary_cross_entropy_with_logits(logits, relevant, weight=weights, reduction="sum")
        value.backward()
        return value

    optimizer.step(loss)
    slope, intercept = (round(value, 4) for value in line.tolist())
    curve = Calibration(slope, intercept, cutoff=0.5)
    shares = [f1_at(CUTOFFS, *one) / max(best_f1(*one), 1e-9) for one in (_promised(curve, two) for two in rankings)]
    return replace(curve, cutoff=round(float(CUTOFFS[np.mean(shares, axis=0).argmax()]), 2))


def leave_one_out(rankings: Sequence[Judged]) -> HeldOut:
    """Fit on all types but one, judge by the rankings of that one, for each type."""
    f1s, bests, errors = [], [], []
    for name in dict.fromkeys(one.name for one in rankings):
        curve = fit_calibration([one for one in rankings if one.name != name])
        for one in (one for one in rankings if one.name == name):
            relevances, _ = promised = _promised(curve, one)
            f1s.append(f1_at(np.array([curve.cutoff]), *promised)[0])
            bests.append(best_f1(*promised))
            ranked = one.scores > UNRANKED
            errors.append(expected_calibration_error(reliability(relevances[ranked], one.relevant[ranked])))
    return HeldOut(float(np.mean(f1s)), float(np.mean(bests)), float(np.mean(errors)))


def _promised(curve: Calibration, one: Judged) -> tuple[np.ndarray, np.ndarray]:
    """Relevances, 0 where there is no score, beside the truth."""
    relevances = curve.relevance(one.scores)
    return np.where(one.scores > UNRANKED, relevances, 0.0), one.relevant
