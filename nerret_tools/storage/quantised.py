"""Vectors in a quarter of their size: one byte a number, one scale a row, and how much that leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nerret_tools.storage.rows import FileRows, MemoryRows, Rows, checksum

__all__ = ["Quantised", "QuantisedRows", "quantise"]

_LARGEST_CODE = 127

_WIDTH = 64
"""Codes are filled up with zeros to a multiple of this: fast products of int8 read whole groups of numbers."""

_PORTION = 2_048
"""Rows quantised at a time: 4 MB at 500 dimensions, which is five times as fast as ten times as many."""

_SUM_ROUNDING = 2.0**-12
"""More than float32 takes away from the length of a vector of 4,000 dimensions, as a share."""

_DIFFERENCE_ROUNDING = 2.0**-22
"""More than float32 takes away from a difference of two numbers, as a share of the larger one."""

_UNDERFLOW = 2.0**-60
"""More than the lengths of vectors whose squares are too small for float32."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Quantised:
    """Rows ``scales[i] * codes[i]`` that stand for vectors.

    Attributes:
        codes: ``[n, width]`` int8; ``width`` is the dimension or a little more, with zeros behind.
        scales: ``[n]`` float32, positive.
        errors: ``[n]`` float32, at least the length of each vector's difference from its row.
    """

    codes: npt.NDArray[np.int8]
    scales: Floats
    errors: Floats


def quantise(vectors: Floats) -> Quantised:
    """Round each vector to whole multiples of a 127th of its largest number.

    A vector ``v`` and its row ``s * c`` differ by ``e``, whose length is measured here, so for every query
    ``q``: ``|q·v - q·(s * c)| = |q·e| <= |q| |e|`` (Cauchy and Schwarz).

    Args:
        vectors: ``[n, dimension]``.
    """
    dimension = vectors.shape[1]
    largest = np.maximum(vectors.max(axis=1, initial=0), -vectors.min(axis=1, initial=0))
    # Smaller scales would be rounded to nothing
    scales = np.where(largest > np.finfo(np.float32).tiny * 2**8, largest / _LARGEST_CODE, 1).astype(np.float32)
    scaled = vectors / scales[:, None]
    np.rint(scaled, out=scaled)
    codes = np.zeros((len(vectors), _width(dimension)), np.int8)
    codes[:, :dimension] = scaled
    scaled *= scales[:, None]
    rest = np.subtract(vectors, scaled, out=scaled)
    errors = _lengths(rest) * (1 + _SUM_ROUNDING) + _lengths(vectors) * _DIFFERENCE_ROUNDING + _UNDERFLOW
    return Quantised(codes, scales, errors.astype(np.float32))


def _lengths(vectors: Floats) -> npt.NDArray[np.float64]:
    squares: Floats = np.einsum("ij,ij->i", vectors, vectors)
    return np.sqrt(squares.astype(np.float64))


class QuantisedRows:
    """The quantised form of a scan copy's rows, which follows them as they grow.

    Args:
        rows: What it stands for; the files are beside theirs.
        count: Rows that are there and good.

    Raises:
        OSError: They are not there.
    """

    def __init__(self, rows: Rows, dimension: int, count: int = 0) -> None:
        self._codes: Rows
        self._parameters: Rows
        if isinstance(rows, FileRows):
            self._codes = FileRows(rows.path.with_suffix(".i8"), _width(dimension), count, np.int8)
            self._parameters = FileRows(rows.path.with_suffix(".scales"), 2, count)
        else:
            self._codes, self._parameters = MemoryRows(_width(dimension), np.int8), MemoryRows(2)
        self._arrays: Quantised | None = None

    def __len__(self) -> int:
        """The number of rows."""
        return len(self._parameters)

    @property
    def files(self) -> list[Path]:
        """Where they are, if not in memory."""
        return [part.path for part in (self._codes, self._parameters) if isinstance(part, FileRows)]

    def checksums(self) -> list[int]:
        """Of both files."""
        parts = [part for part in (self._codes, self._parameters) if isinstance(part, FileRows)]
        return [checksum(part.path, part.size) if part.size else 0 for part in parts]

    def follow(self, rows: Floats) -> None:
        """Quantise the rows that are new.

        Raises:
            OSError: A file cannot be written.
        """
        for first in range(len(self), len(rows), _PORTION):
            self._append(quantise(rows[first : first + _PORTION]))

    def read(self) -> Quantised:
        """All rows; the codes are mapped."""
        if self._arrays is None:
            scales, errors = np.array(self._parameters.read()).T.copy()
            # Writable, because torch warns of arrays that are not; a written page would be the process' own
            if isinstance(self._codes, FileRows):
                codes = self._codes.read("c")
            else:
                codes = self._codes.read()
                codes.flags.writeable = True
            self._arrays = Quantised(codes, scales, errors)
        return self._arrays

    def _append(self, portion: Quantised) -> None:
        self._arrays = None
        parts: list[tuple[Rows, npt.NDArray[Any]]] = [
            (self._codes, portion.codes),
            (self._parameters, np.stack([portion.scales, portion.errors], axis=1)),
        ]
        for rows, new in parts:
            rows.append(new)


def _width(dimension: int) -> int:
    return -(-dimension // _WIDTH) * _WIDTH
