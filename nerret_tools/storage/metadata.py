"""User metadata in Chroma: complete as JSON, and its plain values once more, to be filtered."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from nerret_tools.errors import DocumentError

__all__ = ["CHROMA_PREFIXES", "RESERVED_PREFIX", "check_metadata", "filterable", "from_json", "to_json"]

RESERVED_PREFIX = "nerret."
"""Keys that begin so belong to the store."""

CHROMA_PREFIXES = ("#", "$", "chroma:")
"""Chroma refuses these keys or keeps them for itself (1.5.9): they stay in the JSON only."""

_SMALLEST_INTEGER, _LARGEST_INTEGER = -(2**63), 2**63 - 1
"""SQLite's integers have 64 bits; Chroma turns larger ones into floats without a word."""


def check_metadata(metadata: Mapping[str, Any]) -> None:
    """Refuse metadata that could not be given back as it came.

    Anything that JSON can hold is kept, with ``None``, nested and empty values, NaN and infinity (a tuple
    comes back as a list). What `where` can filter is narrower, see `filterable`.

    Args:
        metadata: What the user passed with a document.

    Raises:
        DocumentError: The message names the key and the reason.
    """
    for key in metadata:
        if isinstance(key, str) and key.startswith(RESERVED_PREFIX):
            raise DocumentError(
                f"metadata key {key!r} begins with {RESERVED_PREFIX!r}, which is reserved; use another name"
            )
    try:
        _check_value(metadata, "metadata")
        to_json(metadata)
    except DocumentError:
        raise  # it is a ValueError too
    except RecursionError:
        raise DocumentError("metadata is nested too deeply, or contains itself; pass plain JSON values") from None
    except ValueError as error:
        raise DocumentError(f"metadata cannot be written as JSON: {error}") from error


def _check_value(value: Any, where: str) -> None:
    if isinstance(value, str):
        _check_text(value, where)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise DocumentError(f"{where} has the key {key!r} of type {type(key).__name__}; keys must be strings")
            _check_text(key, f"a key of {where}")
            _check_value(inner, f"{where}[{key!r}]")
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            _check_value(inner, f"{where}[{position}]")
    elif value is not None and not isinstance(value, bool | int | float):
        raise DocumentError(
            f"{where} is of type {type(value).__name__}, which JSON cannot hold; "
            "pass strings, numbers, booleans, None, lists or dictionaries"
        )


def _check_text(text: str, where: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise DocumentError(f"{where} is not valid Unicode text ({error.reason}): {text[:40]!r}") from None


def filterable(metadata: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """The part of the metadata that Chroma stores as plain values and `where` can compare.

    Top-level strings, booleans, 64-bit integers and finite floats. Left out, and kept in the JSON only:
    ``None``, lists, dictionaries, NaN, infinity, larger integers, and keys that are empty or begin with
    ``#``, ``$`` or ``chroma:``.
    """
    plain: dict[str, str | int | float | bool] = {}
    for key, value in metadata.items():
        if not key or key.startswith(CHROMA_PREFIXES):
            continue
        if isinstance(value, float):
            if math.isfinite(value):
                plain[key] = float(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            if _SMALLEST_INTEGER <= value <= _LARGEST_INTEGER:
                plain[key] = int(value)
        elif isinstance(value, str | bool):
            plain[key] = value
    return plain


def to_json(metadata: Mapping[str, Any]) -> str:
    """The complete metadata as one JSON text."""
    return json.dumps(dict(metadata), default=dict)


def from_json(text: str) -> dict[str, Any]:
    """The metadata back from `to_json`."""
    metadata: dict[str, Any] = json.loads(text)
    return metadata
