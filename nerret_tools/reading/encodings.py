"""Bytes to text: which encoding a file has, and what to say where it has another."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(start: bytes, given: str) -> str:
    """The encoding that a file's first bytes show, else the given one."""
    return next((name for mark, name in _MARKS if start.startswith(mark)), given)


def not_decodable(encoding: str, place: int, what: str) -> str:
    """What to say of bytes that are not in the encoding, at a place from 1 in `what`, such as ``the line``."""
    name = "UTF-8" if encoding.replace("_", "-").startswith("utf-8") else encoding
    return (
        f"not {name} (byte {place} of {what}); if the file comes from Windows, read it with --encoding cp1252 "
        "(or utf-16), else find out its encoding and name that"
    )
