"""The keys of the store's own metadata, and what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nerret_tools.storage.metadata import RESERVED_PREFIX

__all__ = [
    "CONTENT",
    "GENERATION",
    "METADATA",
    "SPAN",
    "content_of",
    "content_value",
    "span_of",
    "span_value",
]

CONTENT = f"{RESERVED_PREFIX}content"
"""Of a document: mention count and content hash. One key, since each costs a row in SQLite."""

GENERATION = f"{RESERVED_PREFIX}generation"
"""Of a document: the index' generation from which on it is as it is."""

METADATA = f"{RESERVED_PREFIX}metadata"
"""Of a document: the user's metadata, complete, as JSON."""

SPAN = "span"
"""Of a mention: where it begins and ends, and its surface text. One key, as for `CONTENT`."""


def content_value(content_hash: str, mention_count: int) -> str:
    """What `CONTENT` holds."""
    return f"{mention_count} {content_hash}"


def content_of(kept: Mapping[str, Any]) -> tuple[str, int]:
    """Content hash and mention count of a document's Chroma metadata."""
    count, _, content_hash = str(kept.get(CONTENT, "0 ")).partition(" ")
    return content_hash, int(count)


def span_value(start: int, end: int, surface: str) -> str:
    """What `SPAN` holds."""
    return f"{start} {end} {surface}"


def span_of(kept: Mapping[str, Any]) -> tuple[int, int, str]:
    """Start, end and surface text of a mention's Chroma metadata."""
    start, end, surface = str(kept[SPAN]).split(" ", 2)
    return int(start), int(end), surface
