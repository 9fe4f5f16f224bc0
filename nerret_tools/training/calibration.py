"""Fit the curve from scores to relevance, and the default cut-off, on development types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from nerret_tools.evaluation.study.calibration import best_f1, expected_calibration_error, f1_at, reliability
from nerret_tools.models import Calibration

CUTOFFS = np.arange(0.05, 0.96, 0.01)  # relevances tried as the default
UNRANKED = -2.0  # stands for the score of a relevant document that has none

Rankings = Sequence[tuple[np.ndarray, np.ndarray]]


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


def fit_calibration(rankings: Rankings) -> Calibration:
    """Fit one logistic curve over all types, each type counting the same.

    Args:
        rankings: For each type the scores of its documents and whether each is relevant,
            both ``[n]``. Relevant documents that were not ranked come with score `UNRANKED`; they
            count as missed, and the curve is not fitted to them.

    Returns:
        The curve, with the cut-off that comes nearest to each type's best F1, in the mean.
    """
    ranked = [(scores[scores > UNRANKED], relevant[scores > UNRANKED]) for scores, relevant in rankings]
    scores = torch.from_numpy(np.concatenate([scores for scores, _ in ranked]))
    relevant = torch.from_numpy(np.concatenate([relevant for _, relevant in ranked])).double()
    weights = torch.from_numpy(np.concatenate([np.full(len(scores), 1 / len(scores)) for scores, _ in ranked]))
    line = torch.tensor([10.0, -5.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([line], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = F.binary_cross_entropy_with_logits(
            line[0] * scores + line[1], relevant, weight=weights, reduction="sum"
        )
        value.backward()
        return value

    optimizer.step(loss)
    slope, intercept = line.tolist()
    curve = Calibration(slope, intercept, cutoff=0.5)
    shares = [f1_at(CUTOFFS, *one) / max(best_f1(*one), 1e-9) for one in (_promised(curve, *two) for two in rankings)]
    chosen = float(CUTOFFS[np.mean(shares, axis=0).argmax()])
    return Calibration(round(slope, 4), round(intercept, 4), round(chosen, 2))


def leave_one_out(rankings: Rankings) -> HeldOut:
    """Fit on all types but one, judge by that one, for each type."""
    f1s, bests, errors = [], [], []
    for held, (scores, relevant) in enumerate(rankings):
        curve = fit_calibration([one for number, one in enumerate(rankings) if number != held])
        relevances, _ = promised = _promised(curve, scores, relevant)
        f1s.append(f1_at(np.array([curve.cutoff]), *promised)[0])
        bests.append(best_f1(*promised))
        ranked = scores > UNRANKED
        errors.append(expected_calibration_error(reliability(relevances[ranked], relevant[ranked])))
    return HeldOut(float(np.mean(f1s)), float(np.mean(bests)), float(np.mean(errors)))


def _promised(curve: Calibration, scores: np.ndarray, relevant: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Relevances, 0 where there is no score, beside the truth."""
    return np.where(scores > UNRANKED, curve.relevance(scores), 0.0), relevant
