"""What a visitor asks, as it stands in the address of the page: that address reproduces the view."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from nerret_tools.errors import FilterError
from nerret_tools.reading import parse_scalar

__all__ = ["Question"]


@dataclass(frozen=True)
class Question:
    """A type, a filter and a cut-off.

    Attributes:
        entity_type: In the visitor's words; empty before anything was asked.
        where: The filter as it was typed: ``key=value`` a line, all of which must hold, or Chroma's form in JSON.
        min_relevance: The cut-off; ``None``: the default one.
    """

    entity_type: str = ""
    where: str = ""
    min_relevance: float | None = None

    @classmethod
    def of(cls, given: QueryParams) -> Self:
        """Read the query of an address.

        Raises:
            FilterError: The cut-off is not a number.
        """
        cutoff = given.get("min_relevance", "").strip()
        try:
            min_relevance = float(cutoff) if cutoff else None
        except ValueError:
            raise FilterError(f"min_relevance {cutoff!r} is not a number between 0 and 1") from None
        return cls(given.get("type", "").strip(), given.get("where", "").strip(), min_relevance)

    @property
    def conditions(self) -> dict[str, Any] | None:
        """The filter as the engine takes it.

        Raises:
            FilterError: It is neither JSON nor ``key=value``.
        """
        if self.where.startswith("{"):
            try:
                parsed: dict[str, Any] = json.loads(self.where)
            except ValueError as error:
                raise FilterError(f"the filter is not valid JSON: {error}") from None
            return parsed
        found: list[dict[str, Any]] = []
        for line in filter(None, map(str.strip, self.where.splitlines())):
            key, sign, value = line.partition("=")
            if not sign or not key.strip():
                raise FilterError(f"a filter is key=value, one a line, for example year=1990; not {line!r}")
            found.append({key.strip(): parse_scalar(value)})
        if len(found) > 1:
            return {"$and": found}
        return found[0] if found else None

    @property
    def options(self) -> dict[str, Any]:
        """The keywords of `EntityIndex.find` beside the type."""
        return {"min_relevance": self.min_relevance, "where": self.conditions}

    def address(self, **changes: Any) -> str:
        """The query of an address that asks this, and whatever else it shall say."""
        given = {"type": self.entity_type, "where": self.where, "min_relevance": self.min_relevance, **changes}
        return urlencode({key: value for key, value in given.items() if value not in (None, "")})

    def with_cutoff(self, min_relevance: float | None) -> Question:
        """The same with another cut-off."""
        return replace(self, min_relevance=min_relevance)
