"""Rows of numbers that only grow: in a file that is memory-mapped for reading, or in memory."""

from __future__ import annotations

import os
import weakref
import zlib
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["FileRows", "MemoryRows", "RowReader", "Rows", "checksum"]

_WHOLE_BYTES = 64 * 2**20
"""Files up to here are summed completely, which takes about 50 ms; of larger ones a sample is."""

_SAMPLES = 256
_SAMPLE_BYTES = 64 * 2**10


class Rows(Protocol):
    """What a scan copy needs of its vectors."""

    def __len__(self) -> int:
        """The number of rows."""

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add ``[n, dimension]`` rows at the end; arrays read before stay as they are."""

    def read(self) -> npt.NDArray[Any]:
        """All rows, ``[n, dimension]``, not writable."""


class FileRows:
    """Rows in a file.

    Args:
        path: Made at the first `append`.
        dimension: Of one row.
        count: Rows that are known to be good; what a killed process wrote behind them is cut off.
        dtype: Of one number.

    Raises:
        OSError: The file is not there, or is shorter than that.
    """

    def __init__(self, path: Path, dimension: int, count: int = 0, dtype: npt.DTypeLike = np.float32) -> None:
        self.path = path
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._dimension = dimension
        self._count = count
        if count:
            with path.open("r+b") as file:
                if file.seek(0, 2) < self.size:
                    raise OSError(f"{path} is shorter than {self.size} bytes")
                file.truncate(self.size)

    def __len__(self) -> int:
        """The number of rows."""
        return self._count

    @property
    def size(self) -> int:
        """Bytes of all rows."""
        return self._count * self._dimension * self.dtype.itemsize

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add rows at the end."""
        with self.path.open("r+b" if self._count else "wb") as file:
            file.seek(self.size)
            file.write(np.ascontiguousarray(rows, dtype=self.dtype).data)
        self._count += len(rows)

    def read(self, mode: Literal["r", "c"] = "r") -> npt.NDArray[Any]:
        """All rows, mapped; ``c`` gives an array that may be written to without changing the file."""
        shape = (self._count, self._dimension)
        if not self._count:
            return np.empty(shape, self.dtype)
        return np.memmap(self.path, self.dtype, mode, shape=shape).view(np.ndarray)

    def reader(self) -> RowReader | npt.NDArray[np.float32]:
        """Access to single rows without mapping the file, where the system has it."""
        return RowReader(self.path, (self._count, self._dimension)) if hasattr(os, "pread") else self.read()


class RowReader:
    """Single rows of a float32 file, each read when it is asked for.

    A mapping would draw the pages around each row into the process, and with them in the end the whole file.

    Args:
        path: It may be removed while this is used.
        shape: Of the rows that are there now.
    """

    def __init__(self, path: Path, shape: tuple[int, int]) -> None:
        self.shape = shape
        self._file = os.open(path, os.O_RDONLY) if shape[0] else -1
        if shape[0]:
            weakref.finalize(self, os.close, self._file)
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(self._file, 0, 0, os.POSIX_FADV_RANDOM)

    def __len__(self) -> int:
        """The number of rows."""
        return self.shape[0]

    def __getitem__(self, key: Any) -> npt.NDArray[np.float32]:
        """As of an array: a row, a slice or an array of row numbers from 0; columns may follow."""
        rows, *rest = key if isinstance(key, tuple) else (key,)
        wanted = rows if isinstance(rows, np.ndarray) else np.array(range(len(self))[rows], np.int64)
        found = np.empty((*wanted.shape, self.shape[1]), np.float32)
        places = found.reshape(-1, self.shape[1])
        size = found.itemsize * self.shape[1]
        for place, row in enumerate(wanted.ravel().tolist()):
            places[place] = np.frombuffer(os.pread(self._file, size, row * size), np.float32)
        return found[(..., *rest)]


class MemoryRows:
    """Rows in memory, for where no file can be written."""

    def __init__(self, dimension: int, dtype: npt.DTypeLike = np.float32) -> None:
        self._buffer = np.empty((0, dimension), dtype)
        self._count = 0

    def __len__(self) -> int:
        """The number of rows."""
        return self._count

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add rows at the end; the buffer doubles when it is full."""
        needed = self._count + len(rows)
        if needed > len(self._buffer):
            grown = np.empty((max(needed, 2 * len(self._buffer)), self._buffer.shape[1]), self._buffer.dtype)
            grown[: self._count] = self._buffer[: self._count]
            self._buffer = grown
        self._buffer[self._count : needed] = rows
        self._count = needed

    def read(self) -> npt.NDArray[Any]:
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
