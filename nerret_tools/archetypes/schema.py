"""The types that are asked for: names, definitions, and what cannot be used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nerret_tools.errors import EntityTypeError
from nerret_tools.texts import check_type

Types = Mapping[str, Any] | Sequence[str]
"""Name → definition (text, None, or an object with ``name`` and ``definition``), or names alone."""

NAME_WORDS = 4  # a description that is no longer, and has no article before it, names the type rather than defines it
ARTICLES = frozenset(("a", "an", "the", "any", "some"))
RESIDUAL = frozenset(("misc", "miscellaneous", "other", "others", "other entity", "miscellaneous entity"))


@dataclass(frozen=True)
class TypeDefinition:
    """One type of a schema.

    Attributes:
        label: What the answer calls it.
        name: The words for it that the model reads.
        definition: The sentence that it reads beside the name; the name again where there is none.
    """

    label: str
    name: str
    definition: str

    @property
    def is_residual(self) -> bool:
        """Whether it stands for all that the other types leave: a name such as ``misc`` says so by itself."""
        return self.name.casefold() in RESIDUAL


def read_types(types: Types) -> list[TypeDefinition]:
    """Check types and put them in one order, so that the given order cannot matter.

    A short noun phrase in place of a definition (``{"PER": "person"}``) replaces the name: labels
    are often codes. Other labels are read as words: ``political_party``, ``VisualWork``.

    Raises:
        EntityTypeError: No types, two with one name, or one that is empty, too long or no text.
    """
    if isinstance(types, str):
        raise EntityTypeError(f"types must be a list of names or name → definition, not the text {types[:40]!r}")
    given = dict(types) if isinstance(types, Mapping) else None
    labels = list(types)
    if not labels:
        raise EntityTypeError("no types to look for; name at least one, such as 'politician'")
    seen: dict[str, str] = {}
    for label in labels:
        if not isinstance(label, str):
            raise EntityTypeError(f"a type's name is text, not {type(label).__name__} ({label!r})")
        key = " ".join(label.split()).casefold()
        if key in seen:
            raise EntityTypeError(f"two types have the name {label!r}; give each its own")
        seen[key] = label
    read = [_read(label, None if given is None else given[label]) for label in labels]
    return sorted(read, key=lambda one: one.label)


def _read(label: str, value: Any) -> TypeDefinition:
    name, definition = _words(label), None
    if isinstance(value, str):
        if not value.strip():
            raise EntityTypeError(f"the definition of type {label!r} is empty; use None where there is none")
        if _is_name(value):
            name = _plain(value)
        else:
            definition = _plain(value)
    elif isinstance(value, Mapping) and set(value) <= {"name", "definition"}:
        name = _plain(value.get("name") or name)
        definition = _plain(value["definition"]) if value.get("definition") else None
    elif value is not None:
        raise EntityTypeError(
            f"the definition of type {label!r} must be text, None, or an object with name and definition, "
            f"not {type(value).__name__}"
        )
    for what, text in (("name", name), ("definition", definition)):
        if text is not None:
            _check(label, what, text)
    return TypeDefinition(label, name, definition or name)


def _check(label: str, what: str, text: str) -> None:
    shown = label if len(label) <= 60 else label[:60] + "…"
    check_type(text, f"the {what} of type {shown!r}")


def _is_name(text: str) -> bool:
    words = text.split()
    return len(words) <= NAME_WORDS and words[0].casefold() not in ARTICLES


def _words(label: str) -> str:
    """A label as words: ``VisualWork``, ``political_party`` and ``art-film`` are read as a person would."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label)
    return _plain(re.sub(r"[_\-/]+", " ", parted)) or label


def _plain(text: str) -> str:
    if not isinstance(text, str):
        raise EntityTypeError(f"a type's name and definition are text, not {type(text).__name__}")
    return " ".join(text.split())
