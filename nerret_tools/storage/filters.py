"""`where`: Chroma's filter language over the user's metadata, checked and completed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nerret_tools.errors import FilterError
from nerret_tools.storage.metadata import RESERVED_PREFIX

__all__ = ["chroma_filter"]

_ORDER = ("$gt", "$gte", "$lt", "$lte")
_EQUALITY = ("$eq", "$ne")
_MEMBERSHIP = ("$in", "$nin")
_LOGIC = ("$and", "$or")

MAX_MEMBERS = 10_000
"""Values in one `$in`; SQLite binds at most 32,766 variables to a statement."""

_ACCEPTED = (
    'accepted are {"key": value}, several keys at once, {"key": {"$gt": 3}} with $eq, $ne, $gt, $gte, $lt, '
    '$lte, $in or $nin, and {"$and": [...]}, {"$or": [...]}; values are strings, numbers and booleans'
)


def chroma_filter(where: Mapping[str, Any]) -> dict[str, Any] | None:
    """Turn a `where` into the form that Chroma takes.

    Args:
        where: Conditions on top-level metadata; several keys, or several operators of one key, must all hold.
            As in Chroma, ``$ne`` and ``$nin`` also match documents that do not have the key.

    Returns:
        The filter, or ``None`` for an empty `where`, which every document matches.

    Raises:
        FilterError: Something in it is not understood; the message says what, and what is accepted.
    """
    if not isinstance(where, Mapping):
        raise FilterError(f"where must be a dictionary, got {where!r}; {_ACCEPTED}")
    try:
        return _all_of(_conditions(where))
    except RecursionError:
        raise FilterError(f"where is nested too deeply; {_ACCEPTED}") from None


def _all_of(conditions: list[dict[str, Any]]) -> dict[str, Any] | None:
    if len(conditions) > 1:
        return {"$and": conditions}
    return conditions[0] if conditions else None


def _conditions(where: Mapping[str, Any]) -> list[dict[str, Any]]:
    conditions: list[dict[str, Any]] = []
    for key, value in where.items():
        if not isinstance(key, str) or not key:
            raise FilterError(f"where has the key {key!r}; keys must be non-empty strings")
        if key in _LOGIC:
            conditions.append(_combined(key, value))
        elif key.startswith(("$", "#", "chroma:", RESERVED_PREFIX)):
            raise FilterError(f"where cannot use {key!r} as a key; {_ACCEPTED}")
        elif isinstance(value, Mapping):
            if not value:
                raise FilterError(f"where has no operator for the key {key!r}; {_ACCEPTED}")
            conditions.extend({key: _operation(key, name, operand)} for name, operand in value.items())
        else:
            conditions.append({key: {"$eq": _plain(key, value)}})
    return conditions


def _combined(logic: str, parts: Any) -> dict[str, Any]:
    if not isinstance(parts, list | tuple) or not parts:
        raise FilterError(f"where needs a list of conditions after {logic}, got {parts!r}; {_ACCEPTED}")
    combined: list[dict[str, Any]] = []
    for part in parts:
        if not isinstance(part, Mapping) or not part:
            raise FilterError(f"where has {part!r} in {logic}, which is no condition; {_ACCEPTED}")
        condition = _all_of(_conditions(part))
        if condition is not None:
            combined.append(condition)
    # Chroma wants at least two
    return combined[0] if len(combined) == 1 else {logic: combined}


def _operation(key: str, name: Any, operand: Any) -> dict[str, Any]:
    if name in _MEMBERSHIP:
        if not isinstance(operand, list | tuple | set | frozenset) or not operand:
            raise FilterError(f"where needs a non-empty list after {name} for the key {key!r}, got {operand!r}")
        if len(operand) > MAX_MEMBERS:
            raise FilterError(
                f"where has {len(operand):,} values after {name} for the key {key!r}; "
                f"at most {MAX_MEMBERS:,} are possible, so ask in several parts"
            )
        members = [_plain(key, member) for member in operand]
        kinds = {type(member) for member in members}
        if kinds == {int, float}:
            return {name: [float(member) for member in members]}
        if len(kinds) > 1:
            raise FilterError(f"where mixes types in the list after {name} for the key {key!r}: {operand!r}")
        return {name: members}
    if name in _ORDER:
        value = _plain(key, operand)
        if isinstance(value, bool | str):
            raise FilterError(f"where needs a number after {name} for the key {key!r}, got {operand!r}")
        return {name: value}
    if name in _EQUALITY:
        return {name: _plain(key, operand)}
    raise FilterError(f"where has the operator {name!r} for the key {key!r}; {_ACCEPTED}")


def _plain(key: str, value: Any) -> str | int | float | bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return int(value)
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise FilterError(f"where compares the key {key!r} with text that is not valid Unicode") from None
        return value
    raise FilterError(f"where compares the key {key!r} with {value!r}; {_ACCEPTED}")
