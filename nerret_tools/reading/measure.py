"""How far a stream of files was read, and so how many documents there will be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from nerret_tools.reading.parquet_rows import load_pyarrow
from nerret_tools.reading.records import FileKind, Reading
from nerret_tools.reading.sources import Source, file_kind


class Measure:
    """Counts bytes, and documents against them.

    Attributes:
        documents: Read so far.
    """

    def __init__(self, sources: Sequence[Source], reading: Reading) -> None:
        self.documents = 0
        self._reading = reading
        self._sources = [source for source in sources if source.path is not None]
        self._known = len(self._sources) == len(sources)  # standard input has no size
        self._sizes: list[int] | None = None
        self._number = 0
        self._row = 0
        self._file: BinaryIO | None = None

    def watch(self, file: BinaryIO) -> None:
        """Look at this file, which is read next."""
        self._file = file

    def row(self, line: int | None) -> None:
        """A record was read from this line or row."""
        self._row = line or 0

    def done(self) -> None:
        """A file was read to its end."""
        self._number += 1
        self._row = 0
        self._file = None

    def expected(self) -> int | None:
        """Documents in all; ``None`` while nothing can be said."""
        if not self._known:
            return None
        if self._number == len(self._sources):
            return self.documents
        sizes = self._sizes = self._sizes or [_size(source) for source in self._sources]
        read = sum(sizes[: self._number]) + sizes[self._number] * self._share()
        return round(self.documents * sum(sizes) / read) if read and self.documents else None

    def _share(self) -> float:
        """Of the file that is being read."""
        source = self._sources[self._number]
        size = (self._sizes or [])[self._number]
        if source.path is not None and file_kind(source.path, self._reading) is FileKind.PARQUET:
            pyarrow = load_pyarrow()
            try:
                rows = pyarrow.parquet.read_metadata(source.path).num_rows
            except (OSError, pyarrow.ArrowException):
                return 0.0
            return self._row / rows if rows else 0.0
        if self._file is None or self._file.closed or not size:
            return 0.0
        return min(1.0, self._file.tell() / size)


def _size(source: Source) -> int:
    try:
        return source.path.stat().st_size if source.path is not None else 0
    except OSError:
        return 0
