"""Answers in two forms, structured and as text, each filled until it is full."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from nerret_tools.cancellation import check_cancelled

DECIMALS = 3
"""Of cut-offs and scores; relevances of entries have two: enough to judge by, at a token or two."""

_AROUND_CHARACTERS = 700
"""Of everything on a page but its entries and the names of type and collection."""

_Entry = TypeVar("_Entry")
_Shown = TypeVar("_Shown")


def answer(text: str, content: BaseModel) -> CallToolResult:
    """An answer in both forms, the structured one without nulls."""
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=content.model_dump(exclude_none=True)
    )


def rounded(value: float | None, decimals: int) -> float | None:
    """A number as it is shown, where it is known."""
    return None if value is None else round(value, decimals)


def size_of(shown: Any) -> int:
    """Characters that models take in a structured answer."""
    return len(json.dumps(to_jsonable_python(shown, exclude_none=True), ensure_ascii=False)) + 2


def fitting(entries: Iterable[_Shown], room: int) -> list[_Shown]:
    """The first entries that fit into so many characters, the first one always; those behind are not asked for."""
    kept: list[_Shown] = []
    for entry in entries:
        check_cancelled()
        room -= size_of(entry)
        if room >= 0 or not kept:
            kept.append(entry)
        if room < 0:
            break
    return kept


@dataclass
class Forms(Generic[_Shown]):
    """The first entries of a list that fit; of text as many as fit in text, which are about three times as many."""

    plain: list[_Shown] = field(default_factory=list)  # for JSON
    lines: list[str] = field(default_factory=list)  # for text


def fill(
    entries: Iterable[_Entry], plain: Callable[[_Entry], _Shown], line: Callable[[_Entry], str], room: int
) -> Forms[_Shown]:
    """Take in entries as long as one of the forms has room of so many characters; the first one always.

    `plain` makes one of them for JSON, `line` for text.
    """
    forms: Forms[_Shown] = Forms()
    left = {"json": room, "text": room}
    for entry in entries:
        check_cancelled()
        if left["json"] >= 0:
            shown = plain(entry)
            left["json"] -= size_of(shown)
            if left["json"] >= 0 or not forms.plain:
                forms.plain.append(shown)
        if left["text"] >= 0:
            shown_line = line(entry)
            left["text"] -= len(shown_line) + 1
            if left["text"] >= 0 or not forms.lines:
                forms.lines.append(shown_line)
        if max(left.values()) < 0:
            break
    return forms


def under(page_chars: int, entity_type: str, collection: str) -> int:
    """Room for entries on a page of so many characters."""
    return page_chars - _AROUND_CHARACTERS - len(json.dumps(entity_type)) - 2 * len(collection)
