"""The rows of a scan in both formats: three files side by side, or memory."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nerret_tools.errors import StoreError
from nerret_tools.scan.quantised import QuantisedRows, quantise, width_of
from nerret_tools.scan.rows import Array, FileRows, MappedRows, MemoryRows, Rows

__all__ = ["ScanFiles"]

_PORTION = 2_048
"""Rows quantised at a time: 4 MB at 500 dimensions, which is five times as fast as ten times as many."""

_SUMMED_BYTES = 64 * 2**20
"""Of vectors that are summed when a copy is opened, which takes about 50 ms: all, or a sample of their portions."""

_ENDINGS = (".f32", ".i8", ".scales")


class ScanFiles:
    """Vectors, their codes, and the codes' scales and errors, row by row.

    Args:
        stem: Path without ending; ``None`` for memory.
        dimension: Of the vectors.
        count: Rows that are there and good.
    """

    def __init__(self, stem: Path | None, dimension: int, count: int = 0) -> None:
        self.stem = stem
        self._dimension = dimension
        self._count = count
        formats = zip(_ENDINGS, (dimension, width_of(dimension), 2), (np.float32, np.int8, np.float32), strict=True)
        self._parts: list[Rows] = [
            MemoryRows(columns, dtype)
            if stem is None
            else FileRows(stem.with_name(stem.name + ending), columns, dtype, count)
            for ending, columns, dtype in formats
        ]

    def __len__(self) -> int:
        """The number of rows."""
        return self._count

    def append(self, vectors: npt.NDArray[np.float32]) -> list[int]:
        """Add ``[n, dimension]`` vectors; returns their checksums.

        Raises:
            OSError: A file cannot be written; the rows from before are as they were.
        """
        sums = [0, 0, 0]
        for first in range(0, len(vectors), _PORTION):
            portion = vectors[first : first + _PORTION]
            small = quantise(portion)
            new: tuple[Array, ...] = (portion, np.asarray(small.codes), np.stack([small.scales, small.errors], axis=1))
            for number, (rows, part) in enumerate(zip(self._parts, new, strict=True)):
                rows.append(part)
                sums[number] = zlib.crc32(np.ascontiguousarray(part).data, sums[number])
        self._count += len(vectors)
        return sums

    def vectors(self) -> Array | MappedRows:
        """``[n, dimension]`` float32."""
        return self._parts[0].read()

    def quantised(self) -> QuantisedRows:
        """The same in int8."""
        scales, errors = np.array(self._parts[2].read()).T.copy()
        return QuantisedRows(self._parts[1].read(), scales, errors)

    def check(self) -> None:
        """Raise `StoreError` where a file was cut off or removed."""
        try:
            for part in self._parts:
                part.read()
        except OSError as error:
            raise StoreError(f"{error.filename} is gone") from error

    @property
    def paths(self) -> list[Path]:
        """The files, if they are not in memory."""
        return [part.path for part in self._parts if isinstance(part, FileRows)]

    def damaged(self, steps: Sequence[tuple[int, Sequence[int]]]) -> list[bool]:
        """Whether each of the three is not what was written.

        Args:
            steps: Of each that appended rows: how many, and their checksums. The last one is looked at in any case.
        """
        size = max(1, sum(count for count, _ in steps) * 4 * self._dimension)
        every = -(-size // _SUMMED_BYTES)
        found = []
        for part, rows in enumerate(self._parts):
            try:
                read, first, good = rows.read(), 0, True
                for number, (count, sums) in enumerate(reversed(steps)):
                    first += count
                    if number % every == 0:
                        start = self._count - first
                        good = good and zlib.crc32(np.ascontiguousarray(read[start : start + count]).data) == sums[part]
            except (OSError, StoreError):
                good = False
            found.append(not good)
        return found
