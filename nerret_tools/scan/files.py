"""The rows of a scan: two files side by side, or memory."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nerret_tools.errors import StoreError
from nerret_tools.scan.quantised import QuantisedRows, quantise, width_of
from nerret_tools.scan.rows import Array, FileRows, MemoryRows, Rows

__all__ = ["ScanFiles"]

_PORTION = 2_048
"""Rows quantised at a time: 4 MB at 500 dimensions, which is five times as fast as ten times as many."""

_SUMMED_BYTES = 64 * 2**20
"""Of vectors that are summed when a copy is opened, which takes about 50 ms: all, or a sample of their portions."""

_ENDINGS = (".i8", ".scales")


class ScanFiles:
    """Vectors as codes and scales, row by row.

    Args:
        stem: Path without ending; ``None`` for memory.
        dimension: Of the vectors.
        count: Rows that are there and good.
    """

    def __init__(self, stem: Path | None, dimension: int, count: int = 0) -> None:
        self.stem = stem
        self._dimension = dimension
        self._count = count
        formats = zip(_ENDINGS, (width_of(dimension), 1), (np.int8, np.float32), strict=True)
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
        """Add ``[n, dimension]`` vectors, which are rounded, see `quantised.rounded`; returns their checksums.

        Raises:
            OSError: A file cannot be written; the rows from before are as they were.
        """
        sums = [0, 0]
        for first in range(0, len(vectors), _PORTION):
            small = quantise(vectors[first : first + _PORTION])
            new: tuple[Array, ...] = (np.asarray(small.codes), small.scales[:, None])
            for number, (rows, part) in enumerate(zip(self._parts, new, strict=True)):
                rows.append(part)
                sums[number] = zlib.crc32(np.ascontiguousarray(part).data, sums[number])
        self._count += len(vectors)
        return sums

    def vectors(self) -> QuantisedRows:
        """All of them."""
        return QuantisedRows(self._parts[0].read(), np.array(self._parts[1].read())[:, 0], self._dimension)

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

    def damaged(self, steps: Sequence[tuple[int, Sequence[int]]]) -> bool:
        """Whether a file is not what was written.

        Args:
            steps: Of each that appended rows: how many, and their checksums. The last one is looked at in any case.
        """
        size = max(1, sum(count for count, _ in steps) * self._dimension)
        every = -(-size // _SUMMED_BYTES)
        for part, rows in enumerate(self._parts):
            try:
                read, first = rows.read(), 0
                for number, (count, sums) in enumerate(reversed(steps)):
                    first += count
                    if number % every == 0:
                        start = self._count - first
                        if zlib.crc32(np.ascontiguousarray(read[start : start + count]).data) != sums[part]:
                            return True
            except (OSError, StoreError, IndexError):
                return True
        return False
