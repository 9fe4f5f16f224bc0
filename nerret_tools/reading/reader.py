"""The reader: every accepted source as one stream of documents."""

from __future__ import annotations

import gzip
import sys
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from nerret_tools.documents import Document, FailedDocument
from nerret_tools.reading.csv_rows import read_csv
from nerret_tools.reading.json_lines import read_json, read_json_lines
from nerret_tools.reading.measure import Measure
from nerret_tools.reading.parquet_rows import read_parquet
from nerret_tools.reading.problems import Origin, ReadProblem
from nerret_tools.reading.records import FileKind, Reading, Record, Rows, to_document
from nerret_tools.reading.sources import COMPRESSED, Source, file_kind, find_files
from nerret_tools.reading.whole_text import read_text


class DocumentReader:
    """Iterates over the documents of files, folders and standard input, in a stream.

    What cannot be read never stops the rest: it is kept in ``problems`` with its place.

    Args:
        paths: Files, folders (read to the bottom), or ``"-"`` for JSON lines on standard input.
        reading: Which fields hold what, and so on.
        stdin: Where ``"-"`` reads from; the process's standard input unless given.

    Attributes:
        problems: What could not be read so far, in reading order.
        left_out: Files in folders that no reader is for, counted by ending.

    Raises:
        DataFileError: A path cannot be read at all; raised at once, before anything is read.
    """

    def __init__(
        self, paths: Sequence[str | Path], reading: Reading | None = None, *, stdin: BinaryIO | None = None
    ) -> None:
        self._reading = reading or Reading()
        self._sources, self.left_out = find_files(paths, self._reading)
        self._stdin = stdin
        self._measure = Measure(self._sources, self._reading)
        self.problems: list[ReadProblem] = []
        self._before: list[int] = []
        self._run_starts: list[int] = []
        self._run_origins: list[Origin] = []

    def __iter__(self) -> Iterator[Document]:
        """Reads from the first source on; raises `MissingExtraError` at a Parquet file without pyarrow."""
        for kept in (self.problems, self._before, self._run_starts, self._run_origins):
            kept.clear()
        self._measure = Measure(self._sources, self._reading)
        position = 0
        for source in self._sources:
            for row in self._rows(source):
                item = to_document(row, self._reading) if isinstance(row, Record) else row
                self._measure.row(row.origin.line)
                if isinstance(item, ReadProblem):
                    self.problems.append(item)
                    self._before.append(position)
                    continue
                self._remember(position, row.origin)
                position += 1
                self._measure.documents = position
                yield item
            self._measure.done()

    def expected(self) -> int | None:
        """How many documents there are in all, by the share of the bytes that was read; ``None``: not known yet."""
        return self._measure.expected()

    def origin(self, position: int) -> Origin:
        """Tells where the document at a position (from 0, in iteration order) was read."""
        run = bisect_right(self._run_starts, position) - 1
        first = self._run_origins[run]
        return first if first.line is None else first.at(first.line + position - self._run_starts[run], first.unit)

    def failures(self, failed: Sequence[FailedDocument]) -> list[FailedDocument]:
        """What is not in the index, in reading order: what could not be read, and what `EntityIndex.add` reported."""
        placed = [
            (before, 0, FailedDocument(id=None, reason=one.reason, source=one.origin.source, line=one.origin.line))
            for before, one in zip(self._before, self.problems, strict=True)
        ]
        for one in failed:
            position = one.position or 0
            origin = self.origin(position)
            placed.append((position, 1, one.model_copy(update={"source": origin.source, "line": origin.line})))
        return [one for *_, one in sorted(placed, key=lambda place: place[:2])]

    def _remember(self, position: int, origin: Origin) -> None:
        """Keeps only the first of a run of consecutive lines: a million lines take one entry."""
        if position == 0 or self.origin(position) != origin or origin.line is None:
            self._run_starts.append(position)
            self._run_origins.append(origin)

    def _rows(self, source: Source) -> Rows:
        if source.path is None:
            return read_json_lines(self._stdin or sys.stdin.buffer, source.origin, self._reading)
        return read_file(source, self._reading, self._measure.watch)


def read_file(source: Source, reading: Reading, watch: Callable[[BinaryIO], None] | None = None) -> Rows:
    """Yields the records of one file, by its ending; what cannot be read is a problem, never an error.

    `watch` is given the open file, to ask how far it was read.

    Raises:
        MissingExtraError: A Parquet file without pyarrow.
    """
    path = cast(Path, source.path)
    origin = source.origin
    kind = file_kind(path, reading)
    try:
        if kind is FileKind.PARQUET:
            yield from read_parquet(path, origin, reading)
            return
        with path.open("rb") as raw:
            if watch is not None:
                watch(raw)
            file = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if path.suffix.lower() == COMPRESSED else raw
            match kind:
                case FileKind.CSV | FileKind.TSV:
                    yield from read_csv(file, origin, reading, "\t" if kind is FileKind.TSV else None)
                case FileKind.TEXT:
                    yield read_text(file, origin, reading)
                case FileKind.JSON:
                    yield from read_json(file, origin, reading)
                case _:
                    yield from read_json_lines(file, origin, reading)
    except (OSError, EOFError, zlib.error) as error:
        yield ReadProblem(origin, f"the file cannot be read: {getattr(error, 'strerror', None) or error}")
