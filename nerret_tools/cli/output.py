"""Where words go: results to stdout, everything else to stderr."""

from __future__ import annotations

import io
import sys

import typer
from pydantic import BaseModel
from rich.console import Console

__all__ = ["accept_any_character", "complain", "print_json", "results", "visible"]

# Control characters could move the cursor or recolour the terminal; each becomes one visible
# character, so that offsets still fit. Line breaks and tabs become spaces.
_CONTROL = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)), "\ufffd")
_DIRECTION = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd")
_VISIBLE = _CONTROL | _DIRECTION | dict.fromkeys(map(ord, "\t\n\r\x0b\x0c\x85\u2028\u2029"), " ")


def visible(text: str) -> str:
    """Makes a text safe to print on one line of a terminal; its length stays the same."""
    return text.translate(_VISIBLE)


def accept_any_character() -> None:
    """Lets a terminal that is not UTF-8 show what it cannot encode as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def results() -> Console:
    """Makes the console for results, as wide as the terminal."""
    return Console(highlight=False, emoji=False)


def complain(message: str) -> None:
    """Prints one line on stderr."""
    typer.echo(" ".join(line.strip() for line in message.splitlines()), err=True)


def print_json(answer: BaseModel) -> None:
    """Prints one JSON object on one line, in UTF-8 whatever the terminal's encoding is."""
    typer.echo(answer.model_dump_json().encode("utf-8") + b"\n", nl=False)
