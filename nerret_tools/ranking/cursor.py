"""Cursors: a place in one ranking of one state of one index, as opaque text; nothing else is kept."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
from typing import Any

from nerret_tools.errors import CursorError
from nerret_tools.ranking.page import Position

__all__ = ["decode_cursor", "encode_cursor", "search_digest"]

_CHECK_BYTES = 8
"""Of the hash in front, which tells a damaged cursor."""


def search_digest(*arguments: Any) -> str:
    """What a cursor is bound to besides the index: the query and everything that changes the ranking.

    Args:
        arguments: JSON values, such as the entity type, `where` and the cut-off; not `limit`, which may
            change from page to page.
    """
    text = json.dumps(arguments, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def encode_cursor(position: Position, *, index_id: str, generation: int, digest: str) -> str:
    """A cursor that continues behind `position`: letters, digits, ``-`` and ``_``.

    Args:
        position: The last document of the page.
        index_id: Of the index.
        generation: Of the scan that was ranked.
        digest: Of the search, from `search_digest`.
    """
    content = json.dumps([index_id, generation, digest, position.score, position.document_id]).encode()
    return base64.urlsafe_b64encode(_check(content) + content).decode().rstrip("=")


def decode_cursor(cursor: str, *, index_id: str, generation: int, digest: str) -> Position:
    """The place that a cursor stands for.

    Args:
        cursor: From `encode_cursor`.
        index_id: Of the index that is asked now.
        generation: Of the scan that is ranked now.
        digest: Of the search that is made now.

    Raises:
        CursorError: It is damaged, comes from another index or another search, or the index has changed
            since.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, TypeError, binascii.Error):
        raw = b""
    check, content = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
    if not content or check != _check(content):
        raise CursorError(
            f"cursor {str(cursor)[:40]!r} is damaged; pass next_cursor as it came, or start without a cursor"
        )
    of_index, of_generation, of_search, score, document_id = json.loads(content)
    if of_index != index_id:
        raise CursorError("the cursor belongs to another index; start the search without a cursor")
    if of_search != digest:
        raise CursorError(
            "the cursor belongs to another search; repeat the entity type, the filter and the cut-off of the "
            "first page, or start without a cursor"
        )
    if of_generation != generation:
        raise CursorError("the index has changed since the cursor was made; start the search without a cursor")
    if not isinstance(score, float) or not math.isfinite(score):
        raise CursorError("the cursor holds no score; start the search without a cursor")
    return Position(score, document_id)


def _check(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()[:_CHECK_BYTES]
