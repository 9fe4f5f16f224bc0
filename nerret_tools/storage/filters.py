"""`where`: conditions on the user's metadata, compared as Python compares.

Chroma compares a whole number with a fraction wrongly (``2.5`` finds 2) and fails on large filters, so it is only
asked for documents that can match, where text says so; each of those is then looked at here.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nerret_tools.errors import FilterError
from nerret_tools.metadata import plain
from nerret_tools.storage.metadata import CHROMA_PREFIXES, RESERVED_PREFIX

__all__ = ["Filter", "parse_filter"]

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}

_DEEPEST = 100
"""Conditions within conditions, which nobody writes by hand; Python itself ends at some hundreds."""

_ASKED = 100
"""The most values that Chroma is asked for; it fails from 1,000 conditions on, and SQLite with 32,766 values."""

_ACCEPTED = (
    'accepted are {"key": value}, several keys at once, {"key": {"$gt": 3}} with $eq, $ne, $gt, $gte, $lt, '
    '$lte, $in or $nin, and {"$and": [...]}, {"$or": [...]}; values are strings, numbers and booleans'
)

Candidates = dict[str, Any]


@dataclass(frozen=True)
class Filter:
    """A `where` that was understood.

    Attributes:
        matches: Whether a document with this metadata is wanted.
        candidates: In Chroma's words: a condition that all of those fulfil; ``None``: any document may be wanted.
        exact: Whether only those fulfil it.
        asked: Values in `candidates`.
    """

    matches: Callable[[Mapping[str, Any]], bool]
    candidates: Candidates | None = None
    exact: bool = False
    asked: int = 0


def parse_filter(where: Mapping[str, Any]) -> Filter:
    """Understand a `where`.

    Args:
        where: Conditions on top-level metadata, with values as they may stand there (a date is its ISO text).
            Several keys, or several operators of one key, must all hold. ``$ne`` and ``$nin`` also match documents
            that do not have the key, no other operator does. Numbers are compared by their exact value, and with
            nothing but numbers (to Python, booleans are some).

    Raises:
        FilterError: Something in it is not understood; the message says what, and what is accepted.
    """
    if not isinstance(where, Mapping):
        raise FilterError(f"where must be a dictionary, got {where!r}; {_ACCEPTED}")
    try:
        where = plain(where)
    except RecursionError:
        raise FilterError(f"where is nested more than {_DEEPEST} deep; {_ACCEPTED}") from None
    return _all_of(_conditions(where, 1))


def _conditions(where: Mapping[str, Any], depth: int) -> list[Filter]:
    if depth > _DEEPEST:
        raise FilterError(f"where is nested more than {_DEEPEST} deep; {_ACCEPTED}")
    conditions: list[Filter] = []
    for key, value in where.items():
        if not isinstance(key, str) or not key:
            raise FilterError(f"where has the key {key!r}; keys must be non-empty strings")
        if key in ("$and", "$or"):
            conditions.append(_combined(key, value, depth))
        elif key.startswith(("$", RESERVED_PREFIX)):
            raise FilterError(f"where cannot use {key!r} as a key; {_ACCEPTED}")
        elif isinstance(value, Mapping):
            if not value:
                raise FilterError(f"where has no operator for the key {key!r}; {_ACCEPTED}")
            conditions.extend(_operation(key, name, operand) for name, operand in value.items())
        else:
            conditions.append(_operation(key, "$eq", value))
    return conditions


def _combined(logic: str, parts: Any, depth: int) -> Filter:
    if not isinstance(parts, list | tuple) or not parts:
        raise FilterError(f"where needs a list of conditions after {logic}, got {_short(parts)}; {_ACCEPTED}")
    for part in parts:
        if not isinstance(part, Mapping) or not part:
            raise FilterError(f"where has {_short(part)} in {logic}, which is no condition; {_ACCEPTED}")
    combined = [_all_of(_conditions(part, depth + 1)) for part in parts]
    return _all_of(combined) if logic == "$and" else _any_of(combined)


def _all_of(parts: Sequence[Filter]) -> Filter:
    tests = [part.matches for part in parts]
    asked = [part for part in parts if part.candidates]
    exact = all(part.exact for part in parts)
    return _joined("$and", asked, lambda metadata: all(test(metadata) for test in tests), exact)


def _any_of(parts: Sequence[Filter]) -> Filter:
    tests = [part.matches for part in parts]
    asked = parts if all(part.candidates for part in parts) else []
    exact = all(part.exact for part in parts)
    return _joined("$or", asked, lambda metadata: any(test(metadata) for test in tests), exact)


def _joined(logic: str, asked: Sequence[Filter], matches: Callable[[Mapping[str, Any]], bool], exact: bool) -> Filter:
    values = sum(part.asked for part in asked)
    if not asked or values > _ASKED:
        return Filter(matches, exact=exact and not values)
    candidates = [part.candidates for part in asked]
    return Filter(matches, candidates[0] if len(candidates) == 1 else {logic: candidates}, exact, values)


def _operation(key: str, name: Any, operand: Any) -> Filter:
    if name in ("$in", "$nin"):
        if not isinstance(operand, list | tuple | set | frozenset) or not operand:
            raise FilterError(f"where needs a non-empty list after {name} for the key {key!r}, got {_short(operand)}")
        members = frozenset(_plain(key, member) for member in operand)
    elif name in ("$eq", "$ne"):
        members = frozenset([_plain(key, operand)])
    elif name in _ORDER:
        return Filter(_ordered(key, _ORDER[name], _number(key, name, operand)))
    else:
        raise FilterError(f"where has the operator {_short(name)} for the key {key!r}; {_ACCEPTED}")
    if name in ("$ne", "$nin"):
        return Filter(lambda metadata: not _is_member(metadata.get(key), members))
    texts = sorted(member for member in members if isinstance(member, str))
    if len(texts) < len(members) or len(texts) > _ASKED or key.startswith(CHROMA_PREFIXES):
        return Filter(lambda metadata: _is_member(metadata.get(key), members))
    candidates = {key: {"$in": texts} if len(texts) > 1 else {"$eq": texts[0]}}
    return Filter(lambda metadata: _is_member(metadata.get(key), members), candidates, exact=True, asked=len(texts))


def _is_member(value: Any, members: frozenset[Any]) -> bool:
    """Numbers that are equal have equal hashes, whatever their types."""
    return isinstance(value, str | int | float) and value in members


def _ordered(key: str, compare: Callable[[Any, Any], bool], number: float) -> Callable[[Mapping[str, Any]], bool]:
    def matches(metadata: Mapping[str, Any]) -> bool:
        value = metadata.get(key)
        return isinstance(value, int | float) and compare(value, number)

    return matches


def _number(key: str, name: str, operand: Any) -> float:
    value = _plain(key, operand)
    if isinstance(value, bool | str):
        raise FilterError(f"where needs a number after {name} for the key {key!r}, got {_short(operand)}")
    return value


def _plain(key: str, value: Any) -> str | float:
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise FilterError(f"where compares the key {key!r} with text that is not valid Unicode") from None
        return value
    raise FilterError(f"where compares the key {key!r} with {_short(value)}; {_ACCEPTED}")


def _short(value: Any) -> str:
    """For a message; a list of thousands would hide it."""
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]} ..."
