"""``--where key=value`` to the filter that the SDK takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nerret_tools.errors import FilterError
from nerret_tools.reading import parse_scalar

TAKES = "--where takes key=value, for example --where year=1990"


def parse_where(conditions: Sequence[str], form: str = TAKES) -> dict[str, Any] | None:
    """Reads conditions that must all hold; numbers, ``true`` and ``false`` are typed, quotes keep text.

    Raises:
        FilterError: A condition is not ``key=value``.
    """
    parsed = []
    for condition in conditions:
        key, sign, value = condition.partition("=")
        if not sign or not key.strip():
            raise FilterError(f"{form}, not {condition!r}")
        parsed.append({key.strip(): parse_scalar(value)})
    if len(parsed) < 2:
        return parsed[0] if parsed else None
    return {"$and": parsed}


def fields_of(conditions: Mapping[str, Any]) -> list[str]:
    """The metadata fields that parsed conditions name."""
    return list(dict.fromkeys(key for one in conditions.get("$and", [conditions]) for key in one))
