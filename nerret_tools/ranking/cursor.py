"""Cursors: a place in one list of one state of one index, as a short opaque text; nothing else is kept."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from nerret_tools.errors import CursorError

_CHECK_BYTES = 4  # of the hash in front, which tells a damaged cursor
_SEARCH_BYTES, _INDEX_BYTES, _GENERATION_BYTES = 3, 2, 2  # what a cursor is bound to
_PLACE_BYTES, _SIZE_BYTES = 4, 3
_BYTES = _CHECK_BYTES + _SEARCH_BYTES + _INDEX_BYTES + _GENERATION_BYTES + _PLACE_BYTES + _SIZE_BYTES
"""18, which are 24 letters: a cursor is read and repeated by language models, which pay for each."""

_WIDEST_GENERATION = 8
_LARGEST_SIZE = 256**_SIZE_BYTES - 1


@dataclass(frozen=True)
class ListIdentity:
    """Which list a cursor is of."""

    index_id: str  # of the index
    generation: int  # of the scan that is ranked: with it the ranking is fixed, so that a place in it is a number
    search: str  # what is looked for and everything that changes the list, as `Search.identity` gives it


@dataclass(frozen=True)
class Cursor:
    """A place in a list."""

    place: int  # documents before it
    size: int  # documents a page, for callers who pass only the cursor; 0: all that are left

    def encode(self, of: ListIdentity) -> str:
        """24 letters, digits, ``-`` and ``_``."""
        size = min(self.size, _LARGEST_SIZE)
        content = _bound(of) + self.place.to_bytes(_PLACE_BYTES, "big") + size.to_bytes(_SIZE_BYTES, "big")
        return base64.urlsafe_b64encode(_hash(content, _CHECK_BYTES) + content).decode()

    @classmethod
    def decode(cls, text: str, of: ListIdentity) -> Cursor:
        """Read what `encode` wrote.

        Raises:
            CursorError: It is damaged, comes from another index or another search, or the index has changed
                since.
        """
        try:
            raw = base64.b64decode(text, altchars=b"-_", validate=True) if len(text) < 2 * _BYTES else b""
        except (ValueError, binascii.Error):
            raw = b""
        check, content = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
        if len(raw) != _BYTES or check != _hash(content, _CHECK_BYTES):
            raise CursorError(
                f"cursor {text[:40]!r} is damaged; pass next_cursor as it came, or start without a cursor"
            )
        reader = iter(content)
        search, index, generation, place, size = (
            bytes(next(reader) for _ in range(count))
            for count in (_SEARCH_BYTES, _INDEX_BYTES, _GENERATION_BYTES, _PLACE_BYTES, _SIZE_BYTES)
        )
        wanted = _bound(of)
        if index != wanted[_SEARCH_BYTES : _SEARCH_BYTES + _INDEX_BYTES]:
            raise CursorError("the cursor belongs to another index; start the search without a cursor")
        if search != wanted[:_SEARCH_BYTES]:
            raise CursorError(
                "the cursor belongs to another search; repeat the entity type, the filter and the cut-off of the "
                "first page, or start without a cursor"
            )
        if generation != wanted[-_GENERATION_BYTES:]:
            raise CursorError("the index has changed since the cursor was made; start the search without a cursor")
        return cls(int.from_bytes(place, "big"), int.from_bytes(size, "big"))


def _bound(of: ListIdentity) -> bytes:
    generation = of.generation.to_bytes(_WIDEST_GENERATION, "big")[-_GENERATION_BYTES:]
    return _hash(of.search.encode(), _SEARCH_BYTES) + _hash(of.index_id.encode(), _INDEX_BYTES) + generation


def _hash(content: bytes, length: int) -> bytes:
    return hashlib.sha256(content).digest()[:length]
