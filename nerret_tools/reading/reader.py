"""The reader: every accepted source as one stream of documents."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from nerret_tools.documents import Document
from nerret_tools.reading.csv_rows import read_csv
from nerret_tools.reading.json_lines import read_json_lines
from nerret_tools.reading.parquet_rows import read_parquet
from nerret_tools.reading.problems import Origin, ReadProblem
from nerret_tools.reading.records import Fields, Record, Rows, to_document
from nerret_tools.reading.sources import TEXT_ENDINGS, find_files, source_name

__all__ = ["DocumentReader"]


class DocumentReader:
    """Iterates over the documents of files, folders and standard input, in a stream.

    What cannot be read never stops the rest: it is kept in ``problems`` with its place.

    Args:
        paths: Files, folders (read to the bottom), or ``"-"`` for JSON lines on standard input.
        id_field: The field or column that holds the id; whole numbers become text.
        text_field: The field or column that holds the text.
        number_missing_ids: Name a record without an id ``<file>:<line>`` instead of refusing it.
        stdin: Where ``"-"`` reads from; the process's standard input unless given.

    Attributes:
        problems: What could not be read so far, in reading order.
        left_out: Files in folders that no reader is for, counted by ending.

    Raises:
        DataFileError: A path cannot be read at all; raised at once, before anything is read.
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        *,
        id_field: str = "id",
        text_field: str = "text",
        number_missing_ids: bool = False,
        stdin: BinaryIO | None = None,
    ) -> None:
        self._files, self.left_out = find_files(paths)
        self._fields = Fields(id_field, text_field, number_missing_ids)
        self._stdin = stdin
        self.problems: list[ReadProblem] = []
        self._run_starts: list[int] = []
        self._run_origins: list[Origin] = []

    def __iter__(self) -> Iterator[Document]:
        """Reads from the first source on; raises `MissingExtraError` at a Parquet file without pyarrow."""
        self.problems.clear()
        self._run_starts.clear()
        self._run_origins.clear()
        position = 0
        for path in self._files:
            for row in self._rows(path):
                item = to_document(row, self._fields) if isinstance(row, Record) else row
                if isinstance(item, ReadProblem):
                    self.problems.append(item)
                    continue
                self._remember(position, row.origin)
                position += 1
                yield item

    def origin(self, position: int) -> Origin:
        """Tells where the document at a position (from 0, in iteration order) was read."""
        run = bisect_right(self._run_starts, position) - 1
        first = self._run_origins[run]
        if first.line is None:
            return first
        return Origin(first.source, first.line + position - self._run_starts[run], first.unit)

    def _remember(self, position: int, origin: Origin) -> None:
        """Keeps only the first of a run of consecutive lines: a million lines take one entry."""
        if position == 0 or self.origin(position) != origin or origin.line is None:
            self._run_starts.append(position)
            self._run_origins.append(origin)

    def _rows(self, path: Path | None) -> Rows:
        if path is None:
            return read_json_lines(self._stdin or sys.stdin.buffer, "<stdin>")
        return read_file(path, source_name(path), self._fields)


def read_file(path: Path, source: str, fields: Fields) -> Rows:
    """Yields the records of one file, by its ending; what cannot be read is a problem, never an error.

    Args:
        path: The file.
        source: What its records' places are called after.
        fields: Which field holds what.

    Raises:
        MissingExtraError: A Parquet file without pyarrow.
    """
    try:
        match path.suffix.lower():
            case ".csv":
                yield from read_csv(path, source, fields)
            case ".parquet":
                yield from read_parquet(path, source, fields)
            case ending if ending in TEXT_ENDINGS:
                yield _whole(path, source, fields)
            case _:
                with path.open("rb") as lines:
                    yield from read_json_lines(lines, source)
    except OSError as error:
        yield ReadProblem(Origin(source), f"the file cannot be read: {error.strerror or error}")


def _whole(path: Path, source: str, fields: Fields) -> Record | ReadProblem:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return ReadProblem(Origin(source), f"not UTF-8 (byte {error.start + 1} of the file)")
    if not text.strip():
        return ReadProblem(Origin(source), "the file is empty")
    return Record(Origin(source), {fields.id: source, fields.text: text})
