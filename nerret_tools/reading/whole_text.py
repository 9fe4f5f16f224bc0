"""A file as one text, with or without the header lines that mails and news begin with."""

from __future__ import annotations

import re
from typing import Any, BinaryIO

from nerret_tools.reading.encodings import encoding_of, not_decodable
from nerret_tools.reading.problems import Origin, ReadProblem
from nerret_tools.reading.records import Reading, Record

_HEADER = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9-]*):[ \t]?(?P<value>.*(?:\n[ \t]+\S.*)*)\n?")
_KEPT = ("subject", "from", "date")
"""Headers that become metadata."""


def read_text(file: BinaryIO, origin: Origin, reading: Reading) -> Record | ReadProblem:
    """One record for the file; its id is the file's name."""
    raw = file.read()
    encoding = encoding_of(raw[:4], reading.encoding)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        return ReadProblem(origin, not_decodable(encoding, error.start + 1, "the file"))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    headers: dict[str, Any] = {}
    if reading.strip_headers:
        text, headers = strip_headers(text)
    if not text.strip():
        return ReadProblem(origin, "the file is empty")
    return Record(origin, {**headers, reading.id_field: origin.name, reading.text_field: text})


def strip_headers(text: str) -> tuple[str, dict[str, str]]:
    """Take header lines (``Subject: …``) and the blank line behind them off; give back subject, sender and date.

    A text that does not begin with such lines, ended by a blank one, is given back whole.
    """
    place, found = 0, {}
    while header := _HEADER.match(text, place):
        name = header["name"].lower()
        if name in _KEPT:
            found[name] = " ".join(header["value"].split())
        place = header.end()
    if place == 0 or (place < len(text) and text[place] != "\n"):
        return text, {}
    return text[place:].lstrip("\n"), found
