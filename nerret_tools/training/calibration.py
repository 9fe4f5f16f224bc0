"""Fit the curve from scores to relevance, and the default cut-off, on development types."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional as F

from nerret_tools.models import Calibration

CUTOFFS = np.arange(0.05, 0.96, 0.01)  # relevances tried as the default


def fit_calibration(rankings: Sequence[tuple[np.ndarray, np.ndarray]]) -> Calibration:
    """Fit one logistic curve over all types, each type counting the same.

    Args:
        rankings: For each type the scores of its documents and whether each is relevant,
            both ``[n]``. Relevant documents that were not ranked come with score -1.

    Returns:
        The curve, with the cut-off that gives the best F1, macro over types.
    """
    scores = torch.from_numpy(np.concatenate([scores for scores, _ in rankings]))
    relevant = torch.from_numpy(np.concatenate([relevant for _, relevant in rankings])).double()
    weights = torch.from_numpy(np.concatenate([np.full(len(scores), 1 / len(scores)) for scores, _ in rankings]))
    line = torch.tensor([10.0, -5.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([line], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = F.binary_cross_entropy_with_logits(
            line[0] * scores + line[1], relevant, weight=weights, reduction="sum"
        )
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    slope, intercept = line.tolist()
    curve = Calibration(slope, intercept, cutoff=0.5)
    best = max(CUTOFFS, key=lambda cutoff: macro_f1(rankings, curve.score_at(float(cutoff)) or -1.0))
    return Calibration(round(slope, 4), round(intercept, 4), round(float(best), 2))


def macro_f1(rankings: Sequence[tuple[np.ndarray, np.ndarray]], cutoff: float) -> float:
    """F1 of listing every document with at least this score, averaged over types."""
    values = []
    for scores, relevant in rankings:
        listed = scores >= cutoff
        values.append(2 * (listed & relevant).sum() / max(1, listed.sum() + relevant.sum()))
    return float(np.mean(values))
