"""The rows of a store, and how a mention is named after its document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["MentionBlock", "StoredDocument", "StoredMention", "mention_ids"]


@dataclass(frozen=True)
class StoredDocument:
    """A document as it is kept.

    Attributes:
        id: The user's id, which is also the id in Chroma.
        text: The complete text.
        metadata: The user's metadata, see `check_metadata`.
        content_hash: Of text, metadata and spans; equal hashes mean nothing to do.
        mention_count: Mentions kept for this document.
    """

    id: str
    text: str
    metadata: dict[str, Any]
    content_hash: str
    mention_count: int


@dataclass(frozen=True)
class MentionBlock:
    """All mentions of one document, numbered from 0 in this order.

    Attributes:
        spans: ``[n, 2]`` int64, character offsets ``[start, end)`` in the document's text.
        surfaces: The ``n`` surface texts.
        vectors: ``[n, dimension]`` float32, unit length; they are kept rounded, see `scan.rounded`.
    """

    spans: npt.NDArray[np.int64]
    surfaces: list[str]
    vectors: npt.NDArray[np.float32]

    def __len__(self) -> int:
        """The number of mentions."""
        return len(self.surfaces)


@dataclass(frozen=True)
class StoredMention:
    """One mention: ``text[start:end]`` of its document, the ``number``-th from 0."""

    document_id: str
    number: int
    start: int
    end: int
    text: str


def mention_ids(document_id: str, count: int, first: int = 0) -> list[str]:
    """Chroma ids of the mentions ``first`` to ``count - 1``: stable, so that an update reuses them."""
    return [f"{document_id}#{number}" for number in range(first, count)]
