"""What a visitor asks, as it stands in the address of the page: that address reproduces the view."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self
from urllib.parse import urlencode

from nerret_tools import EntityQuery
from nerret_tools.cli.where import parse_where
from nerret_tools.entity_query import Scope
from nerret_tools.errors import FilterError


@dataclass(frozen=True)
class Question:
    """Types, a filter and a cut-off, as they were typed."""

    entity_type: str = ""  # in the visitor's words; empty before anything was asked
    all: str = ""  # further types, one a line, all of which must fit too
    any: str = ""  # types, one a line, of which one must fit too
    none: str = ""  # types, one a line, of which none may fit
    scope: str = ""  # `document` where several names of a document may share all that; else one name must be it
    where: str = ""  # the filter: `key=value` a line, all of which must hold, or Chroma's form in JSON
    min_relevance: float | None = None  # the cut-off; `None`: the default one

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Read the query of an address.

        Raises:
            FilterError: The cut-off is not a number.
        """
        said = {name: given.get(name, "").strip() for name in ("all", "any", "none", "scope", "where")}
        cutoff = given.get("min_relevance", "").strip()
        try:
            min_relevance = float(cutoff) if cutoff else None
        except ValueError:
            raise FilterError(f"min_relevance {cutoff!r} is not a number between 0 and 1") from None
        return cls(given.get("type", "").strip(), **said, min_relevance=min_relevance)

    @property
    def combined(self) -> bool:
        """Whether more than one type is named."""
        return bool(self.all or self.any or self.none)

    @property
    def asked(self) -> str | EntityQuery:
        """What the engine is asked.

        Raises:
            EntityTypeError: The types cannot be combined so.
        """
        if not self.combined:
            return self.entity_type
        own, further = [self.entity_type], _lines(self.all)
        scope: Scope = "document" if self.scope == "document" else "mention"
        return EntityQuery(
            all_of=(*own, *further), any_of=tuple(_lines(self.any)), none_of=tuple(_lines(self.none)), scope=scope
        )

    @property
    def words(self) -> str:
        """What is asked, to be read."""
        parts = [self.entity_type, *_lines(self.all)]
        parts += [" or ".join(_lines(self.any))] if self.any else []
        return " and ".join(parts) + (f" but not {' or '.join(_lines(self.none))}" if self.none else "")

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
        return parse_where(_lines(self.where), "a filter is key=value, one a line, for example year=1990")

    @property
    def options(self) -> dict[str, Any]:
        """The keywords of `EntityIndex.find` beside the type."""
        return {"min_relevance": self.min_relevance, "where": self.conditions}

    def address(self, **changes: Any) -> str:
        """The query of an address that asks this, and whatever else it shall say."""
        own = {"type": self.entity_type, **{key: value for key, value in asdict(self).items() if key != "entity_type"}}
        given = {**own, **changes}
        return urlencode({key: value for key, value in given.items() if value not in (None, "")})


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
