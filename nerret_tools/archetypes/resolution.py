"""One type a place: which of the overlapping candidates stay."""

from __future__ import annotations

import numpy as np


def without_overlaps(spans: np.ndarray, relevances: np.ndarray, cutoff: float) -> list[int]:
    """Keep the most relevant first, others where there is room, of sorted spans ``[n, 2]``.

    Relevances under 0 are refused, whatever the cut-off. Returns positions, in reading order.
    """
    relevant = np.flatnonzero(relevances >= max(cutoff, 0.0))
    if not len(relevant):
        return []
    taken = np.zeros(int(spans[:, 1].max()), dtype=bool)
    kept: list[int] = []
    for one in relevant[np.argsort(-relevances[relevant], kind="stable")].tolist():
        start, end = spans[one]
        if not taken[start:end].any():
            taken[start:end] = True
            kept.append(one)
    return sorted(kept)
