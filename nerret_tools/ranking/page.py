"""Documents in order: by their best mention's score, then by id; a page at a time or all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nerret_tools.ranking.scores import Scores


@dataclass(frozen=True)
class Page:
    """Part of a ranking."""

    # `[k]` positions in `Scan.document_ids`, best first, ties in the order of their ids
    documents: npt.NDArray[np.int64]
    document_ids: list[str]  # the `k` ids
    scores: npt.NDArray[np.float64]  # `[k]` float64, rounded to six decimals
    start: int  # documents before this page
    total: int  # documents on all pages together

    @property
    def is_last(self) -> bool:
        """Whether no page follows."""
        return self.start + len(self.documents) >= self.total


def rank_page(
    scores: Scores, documents: npt.NDArray[np.int64] | None = None, *, start: int = 0, limit: int | None = None
) -> Page:
    """Rank documents by their best mention, exactly.

    Args:
        scores: Of all documents.
        documents: ``[d]``, those that are listed, in any order; ``None``: all that are not deleted.
        start: Documents of the ranking before this page.
        limit: Documents on the page, at least 1; ``None``: all that are left.
    """
    listed = scores.documents() if documents is None else documents
    shown = scores.in_order(listed, start, None if limit is None else start + limit)
    return Page(shown, scores.scan.document_ids[shown].tolist(), scores.of_documents(shown), start, len(listed))
