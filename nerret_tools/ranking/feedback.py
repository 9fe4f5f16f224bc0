"""Relevance feedback: a type's embedding, moved towards the mentions that match it best (Rocchio, 1971).

A type is a word or two, and its embedding is a guess at where its mentions lie; the best of them say it better.
Each counts by the square of its relevance, so that where nothing matches, nothing moves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from nerret_tools.scan import Scan, exact_scores, score_bounds

__all__ = ["feed_back"]

NEAREST = 1000
"""Mentions that are looked at. Chosen with `TYPE_COUNTS` on development data: docs/experiments.md."""

TYPE_COUNTS = 100.0
"""What the type itself counts beside them: as much as so many mentions that are certainly right."""

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Relevance = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]


def feed_back(
    scan: Scan,
    query: Floats,
    approximate: Floats,
    relevance: Relevance,
    parts: Sequence[slice],
    *,
    nearest: int = NEAREST,
    type_counts: float = TYPE_COUNTS,
) -> Floats:
    """A query moved towards its best mentions, from the live documents.

    Args:
        scan: What is searched.
        query: ``[dimension]`` float32.
        approximate: ``[n]``, this query's row of `score_scan`.
        relevance: Scores ``[k]`` to probabilities ``[k]``.
        parts: Of the dimensions; each keeps its length, so that what the parts of a score weigh stays as it is.
        nearest: Mentions that are looked at.
        type_counts: What the type itself counts beside them.

    Returns:
        ``[dimension]`` float32; the same in every client of an index, whatever the order of its rows.
    """
    rows, scores = _best_rows(scan, query, approximate, nearest)
    if not len(rows):
        return query
    weights = relevance(scores) ** 2
    vectors = np.asarray(scan.vectors[rows], dtype=np.float64)
    moved = np.zeros(len(query))
    for part in parts:
        length = np.linalg.norm(query[part])
        if length:
            direction = type_counts * query[part] / length + weights @ _unit(vectors[:, part])
            moved[part] = direction * (length / np.linalg.norm(direction))
    return moved.astype(np.float32)


def _best_rows(scan: Scan, query: Floats, approximate: Floats, count: int) -> tuple[Rows, npt.NDArray[np.float64]]:
    """The best rows of live documents with their exact scores, ties by document id and place."""
    least, most = score_bounds(scan, query, approximate)
    if not scan.live.all():
        dead = ~np.repeat(scan.live, np.diff(scan.offsets))
        least[dead] = most[dead] = -np.inf
    able = most > -np.inf
    if len(least) > count:
        able &= most >= np.partition(least, len(least) - count)[len(least) - count]
    rows = np.flatnonzero(able)
    scores = exact_scores(scan.vectors, query, rows)
    owners = np.searchsorted(scan.offsets, rows, side="right") - 1
    ids, numbers = scan.document_ids[owners].tolist(), (rows - scan.offsets[owners]).tolist()
    order = sorted(range(len(rows)), key=lambda place: (-scores[place], ids[place], numbers[place]))[:count]
    return rows[order], scores[order]


def _unit(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    unit: npt.NDArray[np.float64] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit
