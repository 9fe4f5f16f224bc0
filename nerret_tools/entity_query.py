"""Several entity types as one question: any of some, all of others, none of third ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from nerret_tools.errors import EntityTypeError
from nerret_tools.texts import check_type

Scope = Literal["mention", "document"]

MAX_TYPES = 32
"""Of one question: every type is compared with all mentions."""

_LISTS = ("any_of", "all_of", "none_of")


@dataclass(frozen=True, kw_only=True)
class EntityQuery:
    """A combination of entity types, for wherever a type is taken: ``EntityQuery(all_of=["politician", "woman"])``.

    Attributes:
        any_of: At least one of these types.
        all_of: Each of these types.
        none_of: None of these types; beside one of the other lists.
        scope: ``mention``: one entity is all that. ``document``: a document mentions any, all and none of these, be it
            by several entities.

    Raises:
        EntityTypeError: No list but `none_of`, an empty list, a type that cannot be one, more than 32 types, a type
            that is asked for and ruled out, or an unknown scope.
    """

    any_of: Sequence[str] = ()
    all_of: Sequence[str] = ()
    none_of: Sequence[str] = ()
    scope: Scope = "mention"

    def __post_init__(self) -> None:
        for name in _LISTS:
            object.__setattr__(self, name, _checked(name, getattr(self, name)))
        if self.scope not in get_args(Scope):
            raise EntityTypeError(f"scope {self.scope!r} is unknown; there are 'mention' and 'document'")
        if not self.wanted:
            raise EntityTypeError("nothing is asked for: name at least one type in any_of or all_of")
        if len(self.types) > MAX_TYPES:
            raise EntityTypeError(f"{len(self.types)} types are too many for one question; {MAX_TYPES} are the most")
        ruled_out = {_plain(one): one for one in self.none_of}
        for name in ("all_of", "any_of"):
            for one in getattr(self, name):
                if _plain(one) in ruled_out:
                    raise EntityTypeError(f"{one!r} is in {name} and in none_of; take it out of one of them")

    @property
    def wanted(self) -> tuple[str, ...]:
        """The types of `any_of` and `all_of`."""
        return (*self.any_of, *self.all_of)

    @property
    def types(self) -> tuple[str, ...]:
        """All types, those of `none_of` last."""
        return (*self.wanted, *self.none_of)

    def __str__(self) -> str:
        """In words: ``any of dinosaur, bird; none of fossil``."""
        parts = [f"{name.replace('_', ' ')} {', '.join(given)}" for name in _LISTS if (given := getattr(self, name))]
        return "; ".join([*parts, "in one document"] if self.scope == "document" else parts)


Asked: TypeAlias = str | EntityQuery
"""What can be asked for: one type, or a combination."""


def asked_of(
    entity_type: str | None = None,
    any_of: Sequence[str] | None = None,
    all_of: Sequence[str] | None = None,
    none_of: Sequence[str] | None = None,
    scope: Scope = "mention",
) -> Asked:
    """One question from what a caller passed: a type alone, or, unless it is empty, one of `all_of` beside the others.

    Raises:
        EntityTypeError: As of `EntityQuery`; or nothing was passed.
    """
    if any_of is None and all_of is None and none_of is None:
        if entity_type is None:
            raise EntityTypeError("which entity type? Name one in entity_type, such as 'airline', or several in all_of")
        return entity_type
    if entity_type is not None and entity_type != "":
        check_type(entity_type, "the entity type")
        all_of = [entity_type, *(all_of or ())]
    given = [() if one is None else one for one in (any_of, all_of, none_of)]
    return EntityQuery(any_of=given[0], all_of=given[1], none_of=given[2], scope=scope)


def types_of(asked: Asked) -> tuple[str, ...]:
    """All types that a question names."""
    return (asked,) if isinstance(asked, str) else asked.types


def wanted_of(asked: Asked) -> tuple[str, ...]:
    """Those that speak for a document."""
    return (asked,) if isinstance(asked, str) else asked.wanted


def _checked(name: str, given: object) -> tuple[str, ...]:
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise EntityTypeError(
            f"{name} must be a list of types, not {type(given).__name__}; for a single one, pass [one]"
        )
    types = tuple(given)
    if not types and not isinstance(given, tuple):
        raise EntityTypeError(f"{name} is an empty list; name at least one type in it, or leave it out")
    first: dict[str, str] = {}
    for number, one in enumerate(types):
        check_type(one, f"number {number + 1} of {name}")
        first.setdefault(_plain(one), one)
    return tuple(first.values())


def _plain(entity_type: str) -> str:
    return " ".join(entity_type.split()).casefold()
