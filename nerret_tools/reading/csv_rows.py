"""CSV with a header line, comma-separated, UTF-8."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from nerret_tools.reading.problems import Origin, ReadProblem
from nerret_tools.reading.records import SPANS_FIELD, Fields, Record, Rows
from nerret_tools.reading.scalars import parse_cell

__all__ = ["read_csv"]

LONGEST_CELL = 2**31 - 1
"""Characters. The csv module refuses cells over 131,072 otherwise, and texts are longer than that."""


def read_csv(path: Path, source: str, fields: Fields) -> Rows:
    """Yields a record for each row; empty cells are absent, numbers and booleans are typed.

    Bytes that are not UTF-8 are kept as surrogates while the row is cut into cells, so that only
    the row that holds them is refused.
    """
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        rows = csv.reader(file, strict=True)
        try:
            header = next(rows, None)
        except csv.Error as error:
            yield ReadProblem(Origin(source, 1), f"the header is not CSV: {error}")
            return
        if header is None:
            yield ReadProblem(Origin(source), "the file is empty")
            return
        complaint = _complaint(header, fields)
        if complaint:
            yield ReadProblem(Origin(source, 1), complaint)
            return
        empty = True
        while True:
            origin = Origin(source, rows.line_num + 1)
            try:
                cells = next(rows)
            except StopIteration:
                break
            except csv.Error as error:
                empty = False
                yield ReadProblem(origin, _explain(error, rows.line_num))
                continue
            if cells:
                empty = False
                yield _record(header, cells, origin, fields)
        if empty:
            yield ReadProblem(Origin(source), "the file is empty")


def _complaint(header: list[str], fields: Fields) -> str | None:
    wanted = [fields.text] if fields.number_missing_ids else [fields.id, fields.text]
    missing = [name for name in wanted if name not in header]
    if missing:
        columns = ", ".join(header).encode("utf-8", "replace").decode()
        return f'the header has no column "{missing[0]}" (columns: {columns})'
    if len(set(header)) < len(header):
        return "the header names a column twice"
    return None


def _explain(error: csv.Error, last_line: int) -> str:
    if "unexpected end of data" in str(error):
        return f"a quote is opened and never closed; nothing was read up to line {last_line}"
    return f"not CSV: {error}"


def _record(header: list[str], cells: list[str], origin: Origin, fields: Fields) -> Record | ReadProblem:
    if len(cells) != len(header):
        return ReadProblem(origin, f"{len(cells)} cells where the header has {len(header)}")
    if not all(_is_utf8(cell) for cell in cells):
        return ReadProblem(origin, "not UTF-8")
    as_they_are = {fields.id, fields.text, SPANS_FIELD}
    values: dict[str, Any] = {
        name: cell if name in as_they_are else parse_cell(cell)
        for name, cell in zip(header, cells, strict=True)
        if cell or name == fields.text
    }
    return Record(origin, values)


def _is_utf8(cell: str) -> bool:
    try:
        cell.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
