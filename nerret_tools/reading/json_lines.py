"""JSON lines: one object a line, UTF-8."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable

from nerret_tools.reading.problems import Origin, ReadProblem
from nerret_tools.reading.records import Record, Rows

__all__ = ["read_json_lines"]

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_json_lines(lines: Iterable[bytes], source: str) -> Rows:
    """Yields a record for each line; a broken line is a problem and the next one is read.

    Blank lines, a byte order mark and Windows line ends are accepted.
    """
    empty = True
    for number, raw in enumerate(lines, start=1):
        origin = Origin(source, number)
        if number == 1:
            if raw.startswith(_UTF16_MARKS):
                yield ReadProblem(Origin(source), "the file is UTF-16; save it as UTF-8")
                return
            raw = raw.removeprefix(codecs.BOM_UTF8)
        if not raw.strip():
            continue
        empty = False
        yield _parse(raw, origin)
    if empty:
        yield ReadProblem(Origin(source), "the file is empty")


def _parse(raw: bytes, origin: Origin) -> Record | ReadProblem:
    try:
        value = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        return ReadProblem(origin, f"not UTF-8 (byte {error.start + 1} of the line)")
    except json.JSONDecodeError as error:
        return ReadProblem(origin, f"not JSON: {error.msg} (character {error.pos + 1} of the line)")
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, a bottomless nesting
        return ReadProblem(origin, f"not usable as JSON: {error}")
    if not isinstance(value, dict):
        return ReadProblem(origin, f"a JSON object was expected, not a {type(value).__name__}")
    return Record(origin, value)
