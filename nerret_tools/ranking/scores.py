"""Scores of one query: between which numbers all of them are, and exact ones where they are asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np
import numpy.typing as npt

from nerret_tools.scan import Scan, exact_scores, score_bounds, score_scan

Positions = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bounds = npt.NDArray[np.float32]

_CAP_ROUNDING = 2.0**-22  # of a score in float32, and some


class Scores:
    """How well every mention and every document of a scan matches a query.

    Documents are given by their positions in `Scan.document_ids`.

    Args:
        scan: What is compared.
        query: ``[dimension]`` float32, unit length.
        approximate: ``[n]`` float32, this query's row of `score_scan`, where it is known.
        capped: Rows of mentions that count no more than `cap`, however well they match.
        cap: A score of six decimals.
    """

    query: npt.NDArray[np.float32] | None
    """Of one type; several have none in common."""

    def __init__(
        self,
        scan: Scan,
        query: npt.NDArray[np.float32],
        approximate: npt.NDArray[np.float32] | None = None,
        *,
        capped: Positions | None = None,
        cap: float = math.inf,
    ) -> None:
        self.query = self._query = query
        if approximate is None:
            approximate = score_scan(scan, query[None])[0]
        least, most = score_bounds(scan, query, approximate)
        self._caps: Floats | None = None
        if capped is not None and len(capped) and cap < math.inf:
            self._caps = np.full(len(least), math.inf)
            self._caps[capped] = cap
            least[capped] = np.minimum(least[capped], cap) - _CAP_ROUNDING
            most[capped] = np.minimum(most[capped], cap) + _CAP_ROUNDING
        self._bound(scan, least, most)

    def _bound(self, scan: Scan, least: Bounds, most: Bounds) -> None:
        """Take in between which numbers each mention's score is."""
        self.scan, self.least, self.most = scan, least, most
        starts = scan.offsets[:-1]
        # Between these is the score of each document's best mention
        self.document_least = np.maximum.reduceat(least, starts) if len(starts) else np.empty(0, np.float32)
        self.document_most = np.maximum.reduceat(most, starts) if len(starts) else np.empty(0, np.float32)
        self._best = np.full(len(starts), np.nan)  # exact ones, as far as they are known

    @property
    def single(self) -> Sequence[Scores]:
        """Of each type by itself that speaks for a document: where several are combined, those."""
        return (self,)

    def documents(
        self,
        allowed: AbstractSet[str] | None = None,
        min_score: float | None = None,
        below: float | None = None,
    ) -> Positions:
        """Those that are listed: allowed by id (``None``: all that are not deleted), and `between` two scores."""
        listed = np.flatnonzero(self.scan.live)
        if allowed is not None:
            ids = self.scan.document_ids[listed]
            listed = listed[np.fromiter((name in allowed for name in ids), dtype=bool, count=len(ids))]
        return self.between(listed, min_score, below)

    def between(self, documents: Positions, min_score: float | None, below: float | None) -> Positions:
        """Those documents whose exact score is at least one and not as high as the other."""
        if min_score is not None:
            documents = self.at_least(documents, min_score)
        if below is not None:
            documents = np.setdiff1d(documents, self.at_least(documents, below), assume_unique=True)
        return documents

    def of_mentions(self, rows: Positions) -> Floats:
        """``[k]`` exact scores of rows."""
        exact = exact_scores(self.scan.vectors, self._query, rows)
        return exact if self._caps is None else np.minimum(exact, self._caps[rows])

    def of_documents(self, documents: Positions) -> Floats:
        """``[k]`` exact scores of documents' best mentions."""
        unknown = documents[np.isnan(self._best[documents])]
        if len(unknown):
            rows, starts = self.rows(unknown)
            counts = np.diff(np.append(starts, len(rows)))
            able = self.most[rows] >= np.repeat(self.document_least[unknown], counts)  # the others cannot be the best
            scores = np.full(len(rows), -np.inf)
            scores[able] = self.of_mentions(rows[able])
            self._best[unknown] = np.maximum.reduceat(scores, starts)
        return self._best[documents]

    def at_least(self, documents: Positions, score: float) -> Positions:
        """Those documents whose exact score reaches `score`."""
        sure = self.document_least[documents] >= score
        open_ = np.flatnonzero(~sure & (self.document_most[documents] >= score))
        sure[open_] = self.of_documents(documents[open_]) >= score
        return documents[sure]

    def mentions_at_least(self, rows: Positions, score: float) -> npt.NDArray[np.bool_]:
        """Whether each row's exact score reaches `score`."""
        sure: npt.NDArray[np.bool_] = self.least[rows] >= score
        open_ = np.flatnonzero(~sure & (self.most[rows] >= score))
        sure[open_] = self.of_mentions(rows[open_]) >= score
        return sure

    def in_order(self, documents: Positions, start: int = 0, stop: int | None = None) -> Positions:
        """The documents from one place to another, by exact score, then by id.

        Only those are scored exactly that can stand there.
        """
        stop = len(documents) if stop is None else min(stop, len(documents))
        if start >= stop:
            return documents[:0]
        if stop < len(documents):
            least = self.document_least[documents]
            last = np.partition(least, len(least) - stop)[len(least) - stop]
            documents = documents[self.document_most[documents] >= last]
        if start:
            # So many documents at most have a bound over the bar: one that surely is over it stands before `start`.
            most = self.document_most[documents]
            bar = np.partition(most, len(most) - start - 1)[len(most) - start - 1]
            before = self.document_least[documents] > bar
            documents, passed = documents[~before], int(before.sum())
            start, stop = start - passed, stop - passed
        ids = self.scan.document_ids[documents].tolist()
        by_id = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
        documents = documents[by_id]
        order = np.argsort(-self.of_documents(documents), kind="stable")
        ordered: Positions = documents[order[start:stop]]
        return ordered

    def rows(self, documents: Positions) -> tuple[Positions, Positions]:
        """All rows of documents, one document after the other, and where each one's begin."""
        offsets = self.scan.offsets
        counts = offsets[documents + 1] - offsets[documents]
        starts = np.cumsum(counts) - counts
        return np.arange(int(counts.sum())) + np.repeat(offsets[documents] - starts, counts), starts
