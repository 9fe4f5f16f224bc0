"""Pieces of Markdown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from nerret_tools.lab.evaluation.results import Estimate

WIDTH = 120  # characters a line, as in the hand-written pages

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def escape(text: str) -> str:
    """Show a text as it is, on one line, also in a table."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def figure(value: float | None) -> str:
    """Two digits; a third would be within what chance moves."""
    return "" if value is None else f"{value:.2f}"


def interval(value: Estimate) -> str:
    """A mean with its interval."""
    if value.low is None or value.high is None:
        return figure(value.mean)
    return f"{value.mean:.2f} ({value.low:.2f} to {value.high:.2f})"


def paragraph(text: str) -> str:
    """Sentences in lines of one width, however they were put together."""
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are figures. Cells are escaped by the caller."""
    rule = ["---", *["---:"] * (len(headings) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (headings, rule, *rows))


def picture(description: str, path: str) -> str:
    """An image; ``description`` is what somebody reads who does not see it."""
    return f"![{description}]({path})"
