"""A page in two forms, structured and as text, each filled until it is full."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from nerret_mcp.answers import Page
from nerret_tools.cancellation import check_cancelled

DECIMALS = 3
"""Of cut-offs and scores; relevances of entries have two: enough to judge by, at a token or two."""

_AROUND_CHARACTERS = 700
"""Of everything on a page but its entries and the names of type and collection."""

_Entry = TypeVar("_Entry")


@dataclass
class Forms:
    """The first entries of a list that fit; of text as many as fit in text, which are about three times as many.

    Attributes:
        plain: In JSON.
        lines: In text.
    """

    plain: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def fill(
    entries: Iterable[_Entry],
    plain: Callable[[_Entry], dict[str, Any]],
    line: Callable[[_Entry], str],
    room: int,
) -> Forms:
    """Take in entries as long as one of the forms has room; the first one always.

    Args:
        entries: Of the list, in order.
        plain: One of them for JSON; what is ``None`` is left out.
        line: One of them for text.
        room: Characters of each form.
    """
    forms = Forms()
    left = {"json": room, "text": room}
    for entry in entries:
        check_cancelled()
        if left["json"] >= 0:
            shown = {name: value for name, value in plain(entry).items() if value is not None}
            left["json"] -= len(json.dumps(shown, ensure_ascii=False)) + 2
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


def structured(page: Page, entries: str, plain: list[dict[str, Any]]) -> dict[str, Any]:
    """The page as structured content, without nulls, its entries under a name."""
    return {**page.model_dump(exclude_none=True), entries: plain}
