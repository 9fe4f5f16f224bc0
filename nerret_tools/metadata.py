"""Values as programs have them to values as JSON has them: the one converter for every way in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from pydantic_core import PydanticSerializationError, to_jsonable_python

_LISTS = (list, tuple)
_SETS = (set, frozenset)


def plain(value: Any) -> Any:
    """Give a metadata value the form that JSON has for it.

    Dates and times become ISO 8601 text, ``Decimal``, ``UUID``, paths and the like their text, NumPy's scalars and
    arrays the numbers in them, enumerations their values, sets sorted lists, missing times (``NaT``) ``None``; bytes
    become the text that they encode in UTF-8, or Base64 where they are none. What has no such form comes back as it
    is: whoever stores it says so.
    """
    kind = type(value)
    if value is None or kind in (str, int, float, bool):
        return value
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, _LISTS):
        return [plain(inner) for inner in value]
    if isinstance(value, _SETS):
        return sorted((plain(inner) for inner in value), key=lambda inner: (str(type(inner)), str(inner)))
    if isinstance(value, bytes | bytearray | memoryview):
        return _text(bytes(value))
    if isinstance(value, PurePath):
        return str(value)
    if kind.__module__.partition(".")[0] == "numpy" and hasattr(value, "tolist"):
        return plain(_listed(value))
    try:
        if value != value:
            return None
        return to_jsonable_python(value, inf_nan_mode="constants")
    except (PydanticSerializationError, TypeError, ValueError, RecursionError):
        return value


def _listed(value: Any) -> Any:
    """NumPy's own conversion, but for times, which it gives as nanoseconds."""
    if value.dtype.kind in "mM":
        return None if value.ndim == 0 and value != value else value.astype(str).tolist()
    return value.tolist()


def _text(value: bytes) -> Any:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return to_jsonable_python(value, bytes_mode="base64")
