"""Rows of numbers that only grow: in a file, or in memory where no file can be written."""

from __future__ import annotations

import mmap
import os
import weakref
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nerret_tools.errors import StoreError

__all__ = ["FileRows", "MappedRows", "MemoryRows", "Rows"]

Array: TypeAlias = npt.NDArray[Any]


class MappedRows:
    """The rows that a file has now; it may grow or be removed while they are used.

    They are mapped. The file's length is looked at before each access: a page behind the end of a mapped file ends
    the process.

    Args:
        path: The file.
        shape: ``[n, columns]``.
        dtype: Of one number.

    Raises:
        OSError: The file is not there.
        StoreError: It is shorter than that; so does every access, once it was cut off.
    """

    def __init__(self, path: Path, shape: tuple[int, int], dtype: npt.DTypeLike) -> None:
        self.shape = shape
        self.path = path
        self._dtype: np.dtype[Any] = np.dtype(dtype)
        self._size = shape[0] * shape[1] * self._dtype.itemsize
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, self._file)
        self._array: Array | None = None
        self.check()

    def check(self) -> None:
        """Raise where the file was cut off."""
        if os.fstat(self._file).st_size < self._size:
            raise StoreError(f"{self.path} was cut off by another program; open the index again")

    def __len__(self) -> int:
        """The number of rows."""
        return self.shape[0]

    def __getitem__(self, key: Any) -> Array:
        """As of an array: a slice of rows, or an array of row numbers from 0."""
        self.check()
        return self._mapped()[key]  # type: ignore[no-any-return]  # NumPy: Any for a key of any kind

    def _mapped(self) -> Array:
        if self._array is None:
            if not self._size:
                return np.empty(self.shape, self._dtype)
            mapped = mmap.mmap(self._file, self._size, access=mmap.ACCESS_READ)
            self._array = np.frombuffer(mapped, self._dtype).reshape(self.shape)
        return self._array


class FileRows:
    """Rows in a file.

    Args:
        path: Made at the first `append`.
        columns: Of one row.
        dtype: Of one number.
        count: Rows that are known to be good; what a killed process wrote behind them is written over.
    """

    def __init__(self, path: Path, columns: int, dtype: npt.DTypeLike, count: int = 0) -> None:
        self.path = path
        self._columns = columns
        self._dtype: np.dtype[Any] = np.dtype(dtype)
        self._count = count

    def __len__(self) -> int:
        """The number of rows."""
        return self._count

    def append(self, rows: Array) -> None:
        """Add ``[n, columns]`` rows at the end.

        Raises:
            OSError: They cannot be written.
        """
        with self.path.open("r+b" if self._count else "wb") as file:
            file.seek(self._count * self._columns * self._dtype.itemsize)
            file.write(np.ascontiguousarray(rows, dtype=self._dtype).data)
            file.truncate()
        self._count += len(rows)

    def read(self) -> Array | MappedRows:
        """All rows; later ones do not change what was read."""
        if not self._count:
            return np.empty((0, self._columns), self._dtype)
        return MappedRows(self.path, (self._count, self._columns), self._dtype)


class MemoryRows:
    """Rows in memory."""

    def __init__(self, columns: int, dtype: npt.DTypeLike) -> None:
        self._buffer = np.empty((0, columns), dtype)
        self._count = 0

    def __len__(self) -> int:
        """The number of rows."""
        return self._count

    def append(self, rows: Array) -> None:
        """Add rows at the end; the buffer doubles when it is full."""
        needed = self._count + len(rows)
        if needed > len(self._buffer):
            grown = np.empty((max(needed, 2 * len(self._buffer)), self._buffer.shape[1]), self._buffer.dtype)
            grown[: self._count] = self._buffer[: self._count]
            self._buffer = grown
        self._buffer[self._count : needed] = rows
        self._count = needed

    def read(self) -> Array:
        """All rows."""
        view = self._buffer[: self._count]
        view.flags.writeable = False
        return view


Rows: TypeAlias = FileRows | MemoryRows
