"""Why a document is listed: its best mentions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nerret_tools.ranking.page import rows_of
from nerret_tools.scan import Scan, exact_scores, score_bounds

__all__ = ["Evidence", "gather_evidence"]


@dataclass(frozen=True)
class Evidence:
    """The best mentions of several documents.

    Attributes:
        rows: ``[m]`` row numbers: the first document's best first, then the second's, and so on.
        scores: ``[m]`` float64, rounded as documents' scores are.
        offsets: ``[k + 1]``: document ``i`` has entries ``offsets[i]`` to ``offsets[i + 1]``.
        counts: ``[k]``: each document's mentions over the cut-off, listed or not.
    """

    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    offsets: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]

    def of(self, document: int) -> list[tuple[int, float]]:
        """Row and score of the `document`-th one's mentions, best first."""
        part = slice(self.offsets[document], self.offsets[document + 1])
        return list(zip(self.rows[part].tolist(), self.scores[part].tolist(), strict=True))


def gather_evidence(
    scan: Scan,
    query: npt.NDArray[np.float32],
    approximate: npt.NDArray[np.float32],
    documents: npt.NDArray[np.int64],
    *,
    min_score: float | None = None,
    max_mentions: int = 3,
) -> Evidence:
    """The best mentions of each document, ties in the order in which the document has them.

    Args:
        scan: What was ranked.
        query: ``[dimension]`` float32, as for `rank_page`.
        approximate: ``[n]`` float32, as for `rank_page`.
        documents: ``[k]``, as in `Page.documents`.
        min_score: Mentions whose rounded score is below are neither listed nor counted.
        max_mentions: The most that are listed of one document.
    """
    if not len(documents):
        empty = np.empty(0, np.int64)
        return Evidence(empty, np.empty(0), np.zeros(1, np.int64), empty)
    rows, starts = rows_of(scan.offsets, documents)
    owners = np.repeat(np.arange(len(documents)), np.diff(np.append(starts, len(rows))))
    least, most = score_bounds(scan, query, approximate, rows)

    over = np.ones(len(rows), dtype=bool)
    if min_score is not None:
        over = least >= min_score
        open_ = np.flatnonzero(~over & (most >= min_score))
        over[open_] = exact_scores(scan.vectors, query, rows[open_]) >= min_score
    counts = np.bincount(owners[over], minlength=len(documents))

    rows, owners = rows[over], owners[over]
    able = _might_be_listed(owners, least[over], most[over], len(documents), max_mentions)
    rows, owners = rows[able], owners[able]
    scores = exact_scores(scan.vectors, query, rows)
    order = np.lexsort((rows, -scores, owners))
    rows, owners, scores = rows[order], owners[order], scores[order]
    listed = _rank_within(owners, len(documents)) < max_mentions
    kept = np.bincount(owners[listed], minlength=len(documents))
    offsets = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
    return Evidence(rows[listed], scores[listed], offsets, counts.astype(np.int64))


def _might_be_listed(
    owners: npt.NDArray[np.int64],
    least: npt.NDArray[np.float32],
    most: npt.NDArray[np.float32],
    documents: int,
    max_mentions: int,
) -> npt.NDArray[np.bool_]:
    """Rows that can be among their document's `max_mentions` best, by their bounds."""
    if max_mentions <= 0:
        return np.zeros(len(least), dtype=bool)
    order = np.lexsort((-least, owners))
    ranks = _rank_within(owners[order], documents)
    needed = np.full(documents, -np.inf)
    last = order[ranks == max_mentions - 1]
    needed[owners[last]] = least[last]
    chosen: npt.NDArray[np.bool_] = most >= needed[owners]
    return chosen


def _rank_within(owners: npt.NDArray[np.int64], documents: int) -> npt.NDArray[np.int64]:
    """For rows sorted by owner: each one's number within its owner, from 0."""
    counts = np.bincount(owners, minlength=documents)
    return np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
