"""The quantised form of a scan copy: two more files beside its rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nerret_tools.scan.quantised import QuantisedRows, quantise, width_of
from nerret_tools.scan.rows import FileRows, MemoryRows, Rows, checksum

__all__ = ["QuantisedCopy"]

_PORTION = 2_048
"""Rows quantised at a time: 4 MB at 500 dimensions, which is five times as fast as ten times as many."""

Floats = npt.NDArray[np.float32]


class QuantisedCopy:
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
            self._codes = FileRows(rows.path.with_suffix(".i8"), width_of(dimension), count, np.int8)
            self._parameters = FileRows(rows.path.with_suffix(".scales"), 2, count)
        else:
            self._codes, self._parameters = MemoryRows(width_of(dimension), np.int8), MemoryRows(2)
        self._arrays: QuantisedRows | None = None

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

    def read(self) -> QuantisedRows:
        """All rows; the codes are mapped."""
        if self._arrays is None:
            scales, errors = np.array(self._parameters.read()).T.copy()
            # Writable, because torch warns of arrays that are not; a written page would be the process' own
            if isinstance(self._codes, FileRows):
                codes = self._codes.read("c")
            else:
                codes = self._codes.read()
                codes.flags.writeable = True
            self._arrays = QuantisedRows(codes, scales, errors)
        return self._arrays

    def _append(self, portion: QuantisedRows) -> None:
        self._arrays = None
        parts: list[tuple[Rows, npt.NDArray[Any]]] = [
            (self._codes, portion.codes),
            (self._parameters, np.stack([portion.scales, portion.errors], axis=1)),
        ]
        for rows, new in parts:
            rows.append(new)
