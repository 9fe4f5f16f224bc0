"""The keys of the store's own metadata, and what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nerret_tools.storage.metadata import RESERVED_PREFIX, from_json

__all__ = [
    "CONTENT",
    "GENERATION",
    "METADATA",
    "NAMES",
    "TEXT",
    "VECTORS",
    "content_of",
    "content_value",
    "metadata_of",
]

CONTENT = f"{RESERVED_PREFIX}content"
"""Of a document: mention count and content hash. One key, since each costs a row in SQLite."""

GENERATION = f"{RESERVED_PREFIX}generation"
"""Of a document: the index' generation from which on it is as it is."""

METADATA = f"{RESERVED_PREFIX}metadata"
"""Of a document: the user's metadata, complete, as JSON; absent where there is none."""

TEXT = "text"
"""Of a document's first part: the complete text. Chroma's own place for it has an index four times as large."""

NAMES = "names"
"""Of a part: where its mentions are and what they read, see `pack_names`."""

VECTORS = "vectors"
"""Of a part: its mentions' vectors, see `pack_vectors`."""


def content_value(content_hash: str, mention_count: int) -> str:
    """What `CONTENT` holds."""
    return f"{mention_count} {content_hash}"


def content_of(kept: Mapping[str, Any]) -> tuple[str, int]:
    """Content hash and mention count of a document's Chroma metadata."""
    count, _, content_hash = str(kept.get(CONTENT, "0 ")).partition(" ")
    return content_hash, int(count)


def metadata_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The user's metadata of a document's Chroma metadata."""
    return from_json(str(kept.get(METADATA, "{}")))
