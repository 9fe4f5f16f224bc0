"""How well a cosine tells pairs of one type from pairs of two."""

from __future__ import annotations

import numpy as np


def cosines(vectors: np.ndarray, *, centred: bool) -> np.ndarray:
    """Cosine of each two rows of ``[n, d]``: ``[n, n]``. A vector of length zero has cosine 0 to all.

    `centred`: with their mean subtracted first; representations of a transformer share a large component that says
    nothing about any of them.
    """
    if centred:
        vectors = vectors - vectors.mean(axis=0)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1)
    return unit @ unit.T


def area_under_curve(positive: np.ndarray, negative: np.ndarray) -> float:
    """Probability that a positive scores over a negative, ties counting half (Mann and Whitney)."""
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    up_to = np.searchsorted(ordered, positive, side="right")
    return float((below + up_to).mean() / (2 * len(negative)))
