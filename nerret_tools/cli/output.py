"""Where words go: results to stdout, everything else to stderr."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Collection, Iterable
from typing import Any

import typer
from pydantic import BaseModel
from pydantic_core import to_json
from rich.console import Console
from rich.table import Table

WIDEST = 1_000_000
"""Characters of a line in a pipe, where nothing is to be wrapped or cut."""

# Control characters could move the cursor or recolour the terminal; each becomes one visible
# character, so that offsets still fit. Line breaks and tabs become spaces.
_CONTROL = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)), "\ufffd")
_DIRECTION = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd")
_VISIBLE = _CONTROL | _DIRECTION | dict.fromkeys(map(ord, "\t\n\r\x0b\x0c\x85\u2028\u2029"), " ")
_STEERING = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Makes a text safe to print on one line of a terminal; its length stays the same."""
    return text.translate(_VISIBLE)


def accept_any_character() -> None:
    """Lets a terminal that is not UTF-8 show what it cannot encode as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def results() -> Console:
    """Makes the console for results: as wide as the terminal, and in a pipe as wide as they are."""
    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDEST)


def columns(*headings: str, numbers: Collection[str] = ()) -> Table:
    """Makes a table without lines; columns that are no numbers are folded where they are too wide."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        if heading in numbers:
            table.add_column(heading, justify="right", no_wrap=True)
        else:
            table.add_column(heading, overflow="fold")
    return table


def complain(message: str) -> None:
    """Prints one line on stderr; ids and headers that it quotes cannot steer the terminal."""
    typer.echo(visible(" ".join(line.strip() for line in message.splitlines())), err=True)


def print_json(answer: BaseModel) -> None:
    """Prints a model as `print_data` does."""
    print_data(answer.model_dump(mode="json"))


def print_data(answer: dict[str, Any]) -> None:
    """Prints one JSON object on one line, in UTF-8 whatever the terminal's encoding is.

    Characters that could steer a terminal are written as escapes, which JSON reads as the same characters; numbers
    that are none, for which JSON has no words, as null.
    """
    text = to_json(answer, inf_nan_mode="null").decode("utf-8")
    escaped = _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    typer.echo(escaped.encode("utf-8") + b"\n", nl=False)


def print_lines(lines: Iterable[str]) -> None:
    """Prints lines in UTF-8; on a terminal without what could steer it."""
    show = visible if sys.stdout.isatty() else str
    for line in lines:
        typer.echo(show(line).encode("utf-8") + b"\n", nl=False)
