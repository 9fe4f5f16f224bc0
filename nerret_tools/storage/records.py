"""The rows of a store, and how the parts of a document are named after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["PART_MENTIONS", "MentionBlock", "StoredDocument", "StoredMention", "part_ids", "part_of"]

PART_MENTIONS = 16
"""In a part: a row of Chroma's takes 300 bytes beside what is in it, and is read whole for one of its mentions."""


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


def part_of(document_id: str, number: int) -> str:
    """Chroma id of the part that has a mention; the first one also has the text."""
    return f"{document_id}#{number // PART_MENTIONS}"


def part_ids(document_id: str, count: int) -> list[str]:
    """Chroma ids of the parts of a document with so many mentions: stable, so that an update reuses them."""
    return [part_of(document_id, first) for first in range(0, max(1, count), PART_MENTIONS)]
