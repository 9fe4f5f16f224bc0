"""Rows of float32 that only grow: in a file that is memory-mapped for reading, or in memory."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["FileRows", "MemoryRows", "Rows", "checksum"]

_WHOLE_BYTES = 64 * 2**20
"""Files up to here are summed completely, which takes about 50 ms; of larger ones a sample is."""

_SAMPLES = 256
_SAMPLE_BYTES = 64 * 2**10


class Rows(Protocol):
    """What a scan copy needs of its vectors."""

    def __len__(self) -> int:
        """The number of rows."""

    def append(self, vectors: npt.NDArray[np.float32]) -> None:
        """Add ``[n, dimension]`` rows at the end; arrays read before stay as they are."""

    def read(self) -> npt.NDArray[np.float32]:
        """All rows, ``[n, dimension]``, not writable."""


class FileRows:
    """Rows in a file.

    Args:
        path: Made at the first `append`.
        dimension: Of one row.
        count: Rows that are known to be good; what a killed process wrote behind them is cut off.

    Raises:
        OSError: The file is not there, or is shorter than that.
    """

    def __init__(self, path: Path, dimension: int, count: int = 0) -> None:
        self.path = path
        self._dimension = dimension
        self._count = count
        if count:
            size = count * dimension * 4
            with path.open("r+b") as file:
                if file.seek(0, 2) < size:
                    raise OSError(f"{path} is shorter than {size} bytes")
                file.truncate(size)

    def __len__(self) -> int:
        """The number of rows."""
        return self._count

    def append(self, vectors: npt.NDArray[np.float32]) -> None:
        """Add rows at the end."""
        with self.path.open("r+b" if self._count else "wb") as file:
            file.seek(self._count * self._dimension * 4)
            file.write(np.ascontiguousarray(vectors, dtype=np.float32).data)
        self._count += len(vectors)

    def read(self) -> npt.NDArray[np.float32]:
        """All rows, mapped."""
        if not self._count:
            return np.empty((0, self._dimension), np.float32)
        shape = (self._count, self._dimension)
        return np.memmap(self.path, np.float32, "r", shape=shape).view(np.ndarray)


class MemoryRows:
    """Rows in memory, for where no file can be written."""

    def __init__(self, dimension: int) -> None:
        self._buffer = np.empty((0, dimension), np.float32)
        self._count = 0

    def __len__(self) -> int:
        """The number of rows."""
        return self._count

    def append(self, vectors: npt.NDArray[np.float32]) -> None:
        """Add rows at the end; the buffer doubles when it is full."""
        needed = self._count + len(vectors)
        if needed > len(self._buffer):
            grown = np.empty((max(needed, 2 * len(self._buffer)), self._buffer.shape[1]), np.float32)
            grown[: self._count] = self._buffer[: self._count]
            self._buffer = grown
        self._buffer[self._count : needed] = vectors
        self._count = needed

    def read(self) -> npt.NDArray[np.float32]:
        """All rows."""
        view = self._buffer[: self._count]
        view.flags.writeable = False
        return view


def checksum(path: Path, size: int) -> int:
    """CRC-32 of the first `size` bytes, or of 16 MiB sampled evenly from them when they are many.

    Raises:
        OSError: The file cannot be read, or is shorter.
    """
    if path.stat().st_size < size:
        raise OSError(f"{path} is shorter than {size} bytes")
    value = 0
    with path.open("rb") as file:
        if size <= _WHOLE_BYTES:
            left = size
            while left and (block := file.read(min(left, 2**20))):
                value = zlib.crc32(block, value)
                left -= len(block)
            return value
        for position in np.linspace(0, size - _SAMPLE_BYTES, _SAMPLES, dtype=np.int64):
            file.seek(int(position), os.SEEK_SET)
            value = zlib.crc32(file.read(_SAMPLE_BYTES), value)
    return value
