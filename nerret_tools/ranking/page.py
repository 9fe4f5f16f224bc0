"""Documents in order: by their best mention's score, then by id; a page at a time or all of them."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nerret_tools.scan import Scan, exact_scores, score_bounds

__all__ = ["Page", "Position", "rank_page"]

Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Position:
    """A place in the ranking: right behind this document."""

    score: float
    document_id: str


@dataclass(frozen=True)
class Page:
    """Part of a ranking.

    Attributes:
        documents: ``[k]`` positions in `Scan.document_ids`, best first, ties in the order of their ids.
        document_ids: The ``k`` ids.
        scores: ``[k]`` float64, rounded to six decimals.
        total: Documents over the cut-off in all pages together.
        next: Where the next page begins; ``None`` on the last one.
    """

    documents: Positions
    document_ids: list[str]
    scores: npt.NDArray[np.float64]
    total: int
    next: Position | None


def rank_page(
    scan: Scan,
    query: npt.NDArray[np.float32],
    approximate: npt.NDArray[np.float32],
    *,
    allowed: AbstractSet[str] | Mask | None = None,
    min_score: float | None = None,
    limit: int | None = None,
    after: Position | None = None,
) -> Page:
    """Rank documents by their best mention, exactly.

    Args:
        scan: What is ranked.
        query: ``[dimension]`` float32, unit length.
        approximate: ``[n]`` float32, this query's row of `score_scan`.
        allowed: The documents that may be listed, as ids or as a mask over ``document_ids``; ``None``: all.
        min_score: Documents whose rounded score is below are not listed; ``None``: all are.
        limit: Documents on the page; ``None``: all that are left.
        after: Where the page begins; ``None``: at the best.
    """
    if not len(scan.document_ids):
        return Page(np.empty(0, np.int64), [], np.empty(0), 0, None)
    ranking = _Ranking(scan, query, approximate)
    chosen = np.flatnonzero(scan.live & _mask(allowed, scan.document_ids))
    if min_score is not None:
        chosen = ranking.at_least(chosen, min_score)
    total = len(chosen)
    if after is not None:
        chosen = ranking.behind(chosen, after)
    left = len(chosen)
    if limit is not None and limit < left:
        chosen = ranking.head(chosen, limit)
    documents, scores = ranking.ordered(chosen)
    if limit is not None:
        documents, scores = documents[:limit], scores[:limit]
    ids = scan.document_ids[documents].tolist()
    more = len(ids) and len(ids) < left
    return Page(documents, ids, scores, total, Position(float(scores[-1]), ids[-1]) if more else None)


class _Ranking:
    """Best scores of documents: approximate for all, exact for those that are asked for."""

    def __init__(self, scan: Scan, query: npt.NDArray[np.float32], approximate: npt.NDArray[np.float32]) -> None:
        self._scan = scan
        self._query = query
        lower, self._upper = score_bounds(scan, query, approximate)
        # Between these is the score of each document's best mention
        self._least = np.maximum.reduceat(lower, scan.offsets[:-1])
        self._most = np.maximum.reduceat(self._upper, scan.offsets[:-1])

    def at_least(self, documents: Positions, score: float) -> Positions:
        """Those whose exact score reaches `score`."""
        sure = self._least[documents] >= score
        open_ = np.flatnonzero(~sure & (self._most[documents] >= score))
        sure[open_] = self.exact(documents[open_]) >= score
        return documents[sure]

    def behind(self, documents: Positions, position: Position) -> Positions:
        """Those that come later in the ranking."""
        later = self._most[documents] < position.score
        open_ = np.flatnonzero(~later & (self._least[documents] <= position.score))
        exact = self.exact(documents[open_])
        ids = self._scan.document_ids[documents[open_]]
        later[open_] = (exact < position.score) | ((exact == position.score) & (ids > position.document_id))
        return documents[later]

    def head(self, documents: Positions, limit: int) -> Positions:
        """The first `limit` for certain, and those that might be among them."""
        least = self._least[documents]
        if limit <= 0:
            return documents[:0]
        last = np.partition(least, len(least) - limit)[len(least) - limit]
        kept: Positions = documents[self._most[documents] >= last]
        return kept

    def ordered(self, documents: Positions) -> tuple[Positions, npt.NDArray[np.float64]]:
        """By exact score, then by id."""
        ids = self._scan.document_ids[documents].tolist()
        by_id = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
        documents = documents[by_id]
        scores = self.exact(documents)
        order = np.argsort(-scores, kind="stable")
        return documents[order], scores[order]

    def exact(self, documents: Positions) -> npt.NDArray[np.float64]:
        """``[k]`` exact best scores: only rows that can be a document's best are scored again."""
        if not len(documents):
            return np.empty(0)
        rows, starts = rows_of(self._scan.offsets, documents)
        counts = np.diff(np.append(starts, len(rows)))
        able = self._upper[rows] >= np.repeat(self._least[documents], counts)
        scores = np.full(len(rows), -np.inf)
        scores[able] = exact_scores(self._scan.vectors, self._query, rows[able])
        return np.maximum.reduceat(scores, starts)


def rows_of(offsets: npt.NDArray[np.int64], documents: Positions) -> tuple[Positions, Positions]:
    """All rows of some documents, one document after the other, and where each one's begin."""
    counts = offsets[documents + 1] - offsets[documents]
    starts = np.cumsum(counts) - counts
    rows = np.arange(int(counts.sum())) + np.repeat(offsets[documents] - starts, counts)
    return rows, starts


def _mask(allowed: AbstractSet[str] | Mask | None, document_ids: npt.NDArray[np.object_]) -> Mask:
    if allowed is None:
        return np.ones(len(document_ids), dtype=bool)
    if isinstance(allowed, np.ndarray):
        return allowed
    return np.fromiter((name in allowed for name in document_ids), dtype=bool, count=len(document_ids))
