"""Fit the curve from scores to relevance, and the least default cut-off, on development types of several domains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

from nerret_tools.lab.evaluation.answers import RECALL
from nerret_tools.lab.evaluation.calibration import LIKELY, best_f1, f1_at
from nerret_tools.lab.training.descent import minimise
from nerret_tools.models import Calibration
from nerret_tools.ranking.relevance import LEAST_COUNTED, best_expected_f1, cutoff_for_recall

CUTOFFS = np.arange(0.05, 0.51, 0.05)  # relevances tried as the least default
UNRANKED = -2.0  # stands for the score of a relevant document that has none


class Judged(NamedTuple):
    """The ranking of one type over one collection."""

    # Of the documents `[n]`. Relevant documents that were not ranked come with score `UNRANKED`; they count as missed,
    # and the curve is not fitted to them
    scores: np.ndarray
    relevant: np.ndarray  # whether each is, `[n]`
    domain: str = ""  # where the type comes from
    weight: float = 1.0  # of the domain, against the others; the rankings of one share it


@dataclass(frozen=True)
class HeldOut:
    """How a calibration does on a domain that it was not fitted on."""

    f1_share: float  # F1 at each type's default cut-off, of the best that any cut-off gives it; mean over the types
    said: float  # mean relevance of the documents with at least 0.3
    right: float  # the share of them that is relevant
    recall: float  # mean over the types of the recall that is reached where `RECALL` is asked for
    recall_met: float  # the share of the types that reach it


def fit_calibration(rankings: Sequence[Judged]) -> Calibration:
    """Fit one logistic curve; each domain counts by its weight, and each ranking of it the same.

    Returns:
        The curve, with the least default cut-off that comes nearest to each ranking's best F1 where the curve was
        fitted without its domain: on what it was fitted to, a curve needs none. Every domain counts the same there.
    """
    curve = _fit_curve(rankings)
    domains = list(dict.fromkeys(one.domain for one in rankings))
    reached = []
    for domain in domains:
        strange = _fit_curve([one for one in rankings if one.domain != domain]) if len(domains) > 1 else curve
        own = [one for one in rankings if one.domain == domain]
        reached.append(
            [np.mean([_f1_share(replace(strange, cutoff=float(least)), one) for one in own]) for least in CUTOFFS]
        )
    return replace(curve, cutoff=round(float(CUTOFFS[np.mean(reached, axis=0).argmax()]), 2))


def _fit_curve(rankings: Sequence[Judged]) -> Calibration:
    shares = _shares(rankings)
    ranked = [one.scores > UNRANKED for one in rankings]
    scores = torch.from_numpy(np.concatenate([one.scores[kept] for kept, one in zip(ranked, rankings, strict=True)]))
    relevant = torch.from_numpy(
        np.concatenate([one.relevant[kept] for kept, one in zip(ranked, rankings, strict=True)])
    ).double()
    weights = torch.from_numpy(
        np.concatenate([np.full(kept.sum(), share / kept.sum()) for kept, share in zip(ranked, shares, strict=True)])
    )
    line = torch.tensor([10.0, -5.0], dtype=torch.float64, requires_grad=True)

    def loss() -> torch.Tensor:
        logits = line[0] * scores + line[1]
        return F.binary_cross_entropy_with_logits(logits, relevant, weight=weights, reduction="sum")

    minimise(line, loss, rounds=200)
    slope, intercept = (round(value, 4) for value in line.tolist())
    return Calibration(slope, intercept, cutoff=0.0)


def leave_one_out(rankings: Sequence[Judged]) -> dict[str, HeldOut]:
    """Fit on all domains but one, judge by the rankings of that one, for each domain."""
    found = {}
    for domain in dict.fromkeys(one.domain for one in rankings):
        curve = fit_calibration([one for one in rankings if one.domain != domain])
        judged = [one for one in rankings if one.domain == domain]
        promised = np.concatenate([_promised(curve, one) for one in judged])
        recalls = np.array([_recall(curve, one) for one in judged])
        likely, truth = promised >= LIKELY, np.concatenate([one.relevant for one in judged])
        found[domain] = HeldOut(
            float(np.mean([_f1_share(curve, one) for one in judged])),
            float(promised[likely].mean()) if likely.any() else 0.0,
            float(truth[likely].mean()) if likely.any() else 0.0,
            float(recalls.mean()),
            float((recalls >= RECALL).mean()),
        )
    return found


def _shares(rankings: Sequence[Judged]) -> np.ndarray:
    """What each ranking counts ``[n]``, in all 1."""
    counts = Counter(one.domain for one in rankings)
    shares = np.array([one.weight / counts[one.domain] for one in rankings])
    return np.asarray(shares / shares.sum())


def _f1_share(curve: Calibration, one: Judged) -> float:
    """F1 at the default cut-off, of the best that any gives."""
    promised = _promised(curve, one)
    least = best_expected_f1(np.sort(promised)[::-1], curve.cutoff)
    return float(f1_at(np.array([least]), promised, one.relevant)[0] / max(best_f1(promised, one.relevant), 1e-9))


def _recall(curve: Calibration, one: Judged) -> float:
    """The recall of the list that is expected to have `RECALL`."""
    promised = _promised(curve, one)
    least = cutoff_for_recall(np.sort(promised[promised >= LEAST_COUNTED])[::-1], RECALL)
    return float((promised[one.relevant] >= least).mean())


def _promised(curve: Calibration, one: Judged) -> np.ndarray:
    """Relevances ``[n]``, 0 where there is no score."""
    return np.where(one.scores > UNRANKED, curve.relevance(one.scores), 0.0)
