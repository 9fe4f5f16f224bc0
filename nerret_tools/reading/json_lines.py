"""JSON: one object a line, or one list of objects."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO

from nerret_tools.reading.encodings import encoding_of, not_decodable
from nerret_tools.reading.problems import Origin, ReadProblem
from nerret_tools.reading.records import Reading, Record, Rows


def read_json_lines(lines: Iterable[bytes], origin: Origin, reading: Reading) -> Rows:
    """Yields a record for each line; a broken line is a problem and the next one is read.

    Blank lines, a byte order mark and Windows line ends are accepted.
    """
    empty = True
    rest = iter(lines)
    first = next(rest, b"")
    encoding = encoding_of(first, reading.encoding)
    lines = chain([first], rest)
    if not _has_bytes_of_ascii(encoding):
        lines, encoding = _recoded(lines, encoding), "utf-8"
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        place = origin.at(number)
        try:
            text = raw.decode(encoding if number == 1 else encoding.removesuffix("-sig"))
        except UnicodeDecodeError as error:
            empty = False
            yield ReadProblem(place, not_decodable(encoding, error.start + 1, "the line"))
            continue
        if text.strip():
            empty = False
            yield _parse(text, place)
    if empty:
        yield ReadProblem(origin, "the file is empty")


def read_json(file: BinaryIO, origin: Origin, reading: Reading) -> Rows:
    """Yields a record for each object of a list, of one object, or of lines of them.

    The whole file is in memory at once: what is large should be JSON lines.
    """
    raw = file.read()
    encoding = encoding_of(raw[:4], reading.encoding)
    if not raw.strip():
        yield ReadProblem(origin, "the file is empty")
        return
    try:
        found = json.loads(raw.decode(encoding))
    except UnicodeDecodeError as error:
        yield ReadProblem(origin, not_decodable(encoding, error.start + 1, "the file"))
        return
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            yield from read_json_lines(raw.splitlines(keepends=True), origin, reading)
        else:
            yield ReadProblem(origin, f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})")
        return
    except (ValueError, RecursionError) as error:
        yield ReadProblem(origin, f"not usable as JSON: {error}")
        return
    if isinstance(found, dict):
        lists = [name for name, value in found.items() if isinstance(value, list)]
        if reading.text_field not in found and lists:
            reason = f'a list of objects was expected, and it is inside an object, as "{lists[0]}"; save that alone'
            yield ReadProblem(origin, reason)
            return
        found = [found]
    if not isinstance(found, list):
        yield ReadProblem(origin, f"a list of JSON objects was expected, not a {type(found).__name__}")
        return
    if not found:
        yield ReadProblem(origin, "the list is empty")
    for number, value in enumerate(found, start=1):
        yield _record(value, origin.at(number, "item"))


def _recoded(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Lines in UTF-8, of a stream in which a line's end is more than one byte."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    rest = ""
    for chunk in chunks:
        *done, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from (line.encode("utf-8") for line in done)
    yield (rest + decoder.decode(b"", final=True)).encode("utf-8")


def _has_bytes_of_ascii(encoding: str) -> bool:
    """Whether line ends can be found before decoding."""
    return "\n{".encode(encoding.removesuffix("-sig")) == b"\n{"


def _parse(text: str, origin: Origin) -> Record | ReadProblem:
    try:
        return _record(json.loads(text), origin)
    except json.JSONDecodeError as error:
        return ReadProblem(origin, f"not JSON: {error.msg} (character {error.pos + 1} of the line)")
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, a bottomless nesting
        return ReadProblem(origin, f"not usable as JSON: {error}")


def _record(value: Any, origin: Origin) -> Record | ReadProblem:
    if not isinstance(value, dict):
        return ReadProblem(origin, f"a JSON object was expected, not a {type(value).__name__}")
    return Record(origin, value)
