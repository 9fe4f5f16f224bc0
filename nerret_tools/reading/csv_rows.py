"""CSV with a header line, whatever stands between its cells."""

from __future__ import annotations

import csv
import io
from typing import Any, BinaryIO

from nerret_tools.reading.encodings import encoding_of, not_decodable
from nerret_tools.reading.problems import Origin, ReadProblem
from nerret_tools.reading.records import Reading, Record, Rows
from nerret_tools.reading.scalars import parse_cell

LONGEST_CELL = 2**31 - 1
"""Characters. The csv module refuses cells over 131,072 otherwise, and texts are longer than that."""

_SEPARATORS = (",", ";", "\t", "|")
_SNIFFED_BYTES = 2**16
"""Of the start of a file: a header line is shorter."""


def read_csv(file: BinaryIO, origin: Origin, reading: Reading, usual: str | None = None) -> Rows:
    """Yields a record for each row; empty cells are absent, numbers and booleans are typed.

    Bytes that are not in the encoding are kept as surrogates while the row is cut into cells, so that only
    the row that holds them is refused. `usual` parts the cells where the reading does not say what; ``None``: as the
    header shows.
    """
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    buffered = io.BufferedReader(file, _SNIFFED_BYTES)  # type: ignore[type-var]  # a raw or a buffered one will do
    encoding = encoding_of(buffered.peek(4)[:4], reading.encoding)
    start = buffered.peek(_SNIFFED_BYTES)[:_SNIFFED_BYTES].decode(encoding, "ignore")
    separator = reading.separator or usual or _separator(start, reading)
    text = io.TextIOWrapper(buffered, encoding=encoding, errors="surrogateescape", newline="")
    try:
        yield from _rows(csv.reader(text, delimiter=separator, strict=True), encoding, origin, reading)
    except UnicodeDecodeError as error:  # of UTF-16, where nothing can stand for half a character
        yield ReadProblem(origin, not_decodable(encoding, error.start + 1, "a part of the file"))
    finally:
        text.detach()
        buffered.detach()


def _rows(rows: Any, encoding: str, origin: Origin, reading: Reading) -> Rows:
    try:
        header = next(rows, None)
    except csv.Error as error:
        yield ReadProblem(origin.at(1), f"the header is not CSV: {error}")
        return
    if header is None:
        yield ReadProblem(origin, "the file is empty")
        return
    header = reading.canonical(header)
    complaint = _complaint(header, reading)
    if complaint:
        yield ReadProblem(origin.at(1), complaint)
        return
    empty = True
    while True:
        place = origin.at(rows.line_num + 1)
        try:
            cells = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            empty = False
            yield ReadProblem(place, _explain(error, rows.line_num))
            continue
        if cells:
            empty = False
            yield _record(header, cells, place, encoding, reading)
    if empty:
        yield ReadProblem(origin, "the file is empty")


def _separator(start: str, reading: Reading) -> str:
    """The one that parts the needed columns in the header; else the one that parts most."""

    def columns(separator: str) -> tuple[int, int]:
        try:
            header = next(csv.reader(io.StringIO(start, newline=""), delimiter=separator), [])
        except csv.Error:
            return 0, 0
        names = reading.canonical(header)
        return sum(name in names for name in reading.required), len(names)

    return max(_SEPARATORS, key=columns)


def _complaint(header: list[str], reading: Reading) -> str | None:
    shown = [name.encode("utf-8", "replace").decode() for name in header]
    missing = reading.missing_column(shown)
    if missing:
        parted = "" if len(header) > 1 else "; if something else stands between its cells, name it with --separator"
        return f"the header has {missing}{parted}"
    if len(set(header)) < len(header):
        return "the header names a column twice"
    return None


def _explain(error: csv.Error, last_line: int) -> str:
    if "unexpected end of data" in str(error):
        return f"a quote is opened and never closed; nothing was read up to line {last_line}"
    return f"not CSV: {error}"


def _record(
    header: list[str], cells: list[str], origin: Origin, encoding: str, reading: Reading
) -> Record | ReadProblem:
    if len(cells) != len(header):
        return ReadProblem(origin, f"{len(cells)} cells where the header has {len(header)}")
    for cell in cells:
        try:
            cell.encode("utf-8")
        except UnicodeEncodeError as error:
            place = len(cell[: error.start].encode("utf-8", "surrogateescape")) + 1
            return ReadProblem(origin, not_decodable(encoding, place, "a cell"))
    as_they_are = {reading.id_field, reading.text_field, "spans"}
    values: dict[str, Any] = {
        name: cell if name in as_they_are else parse_cell(cell)
        for name, cell in zip(header, cells, strict=True)
        if cell or name == reading.text_field
    }
    return Record(origin, values)
