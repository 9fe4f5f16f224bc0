"""Text to number or boolean, the same way for CSV cells and for ``--where`` on the command line."""

from __future__ import annotations

import re

Scalar = str | int | float | bool

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
LARGEST_WHOLE = 2**63 - 1
"""Stores keep whole numbers in 64 bits; a longer row of digits is an identifier, so it stays text."""


def parse_scalar(text: str) -> Scalar:
    """Reads a value as a person would write it in a filter.

    Whole numbers, decimals, ``true`` and ``false`` get their type; a value in single or double
    quotes is text whatever it looks like; ``007`` is text.
    """
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    if _WHOLE.fullmatch(text) and abs(int(text)) <= LARGEST_WHOLE:
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


def parse_cell(text: str) -> Scalar:
    """Reads a CSV cell: typed only when the value prints back as the same characters.

    So ``1990`` is a number, and nothing is lost of ``1.10``, ``007`` or ``"quoted"``.
    """
    value = parse_scalar(text)
    if isinstance(value, bool):
        return value
    return value if str(value) == text else text
