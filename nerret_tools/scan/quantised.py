"""Vectors in a quarter of their size: one byte a number, one scale a row; the product with them, and its bound."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from nerret_tools.cancellation import check_cancelled
from nerret_tools.scan.exact import longest_row
from nerret_tools.scan.rows import MappedRows
from nerret_tools.threads import thread_count

__all__ = ["QuantisedRows", "quantise", "quantised_products", "quantised_slack", "rounded", "width_of"]

_log = logging.getLogger(__name__)

_LARGEST_CODE = 127

_WIDTH = 64
"""Codes are filled up with zeros to a multiple of this: fast products of int8 read whole groups of numbers."""

_BLOCK_ROWS = 16_384
"""Rows that one thread takes at a time: 8 MB at 500 dimensions."""

_PORTION = 512
"""Rows that NumPy turns into float32 at a time: they stay in the second-level cache."""

_EXACT_COLUMNS = 1_024
"""Columns whose products float32 adds without rounding: whole numbers below 2**24."""

_DROPPED_BITS = 0xFF
"""Of a scale's 24 significant ones."""

_ROUNDING = 2.0**-19
"""Of the few float32 steps from a product of codes to a score: four times the usual each, as a share."""

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int8]
Product = Callable[[Codes, Codes], npt.NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class QuantisedRows:
    """Vectors ``scales[i] * codes[i]``; as an array of them where it is indexed.

    Attributes:
        codes: ``[n, width]`` int8; ``width`` is the dimension or a little more, with zeros behind.
        scales: ``[n]`` float32, positive, of 16 significant bits.
        dimension: Of the vectors.
    """

    codes: Codes | MappedRows
    scales: Floats
    dimension: int

    @property
    def shape(self) -> tuple[int, int]:
        """``(n, dimension)``."""
        return len(self.scales), self.dimension

    def __len__(self) -> int:
        """The number of vectors."""
        return len(self.scales)

    def __getitem__(self, key: Any) -> Floats:
        """As of an array: a slice of rows, or an array of row numbers from 0."""
        rows: Floats = np.multiply(
            self.codes[key][..., : self.dimension], self.scales[key][..., None], dtype=np.float32
        )
        return rows

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """All vectors."""
        return np.asarray(self[:], dtype=dtype)

    def check(self) -> None:
        """Raise `StoreError` where the file below was cut off, see `MappedRows`."""
        if isinstance(self.codes, MappedRows):
            self.codes.check()


def width_of(dimension: int) -> int:
    """Codes in a row."""
    return -(-dimension // _WIDTH) * _WIDTH


def quantise(vectors: Floats) -> QuantisedRows:
    """Round each vector to whole multiples of about a 127th of its largest number.

    Vectors that were rounded so come out as they are: with a scale of 16 significant bits and a code of 7, their
    product is exact in float32, and so is the way back.

    Args:
        vectors: ``[n, dimension]``.
    """
    dimension = vectors.shape[1]
    largest = np.maximum(vectors.max(axis=1, initial=0), -vectors.min(axis=1, initial=0))
    # Smaller scales would be rounded to nothing
    scales = np.where(largest > np.finfo(np.float32).tiny * 2**16, largest / _LARGEST_CODE, 1).astype(np.float32)
    bits = scales.view(np.uint32)
    bits += _DROPPED_BITS
    bits &= ~np.uint32(_DROPPED_BITS)
    scaled = vectors / scales[:, None]
    np.rint(scaled, out=scaled)
    codes = np.zeros((len(vectors), width_of(dimension)), np.int8)
    codes[:, :dimension] = scaled
    return QuantisedRows(codes, scales, dimension)


def rounded(vectors: Floats) -> Floats:
    """The vectors that `quantise` gives back for vectors ``[n, dimension]``: what an index keeps."""
    return quantise(vectors)[:]


def quantised_products(rows: QuantisedRows, queries: Floats) -> Floats:
    """Products of all rows with all queries, which are quantised as the rows are.

    Args:
        rows: ``n`` of them; the codes are read once, from the first to the last.
        queries: ``[q, dimension]``.

    Returns:
        ``[q, n]``. Good to `quantised_slack`.
    """
    small = quantise(queries)
    product, codes = _product(), np.asarray(small.codes)
    scores = np.empty((len(queries), len(rows.codes)), np.float32)

    def block(first: int) -> None:
        part = slice(first, first + _BLOCK_ROWS)
        np.multiply(product(rows.codes[part], codes).T, rows.scales[part], out=scores[:, part])

    with ThreadPoolExecutor(thread_count()) as pool:
        for _ in pool.map(block, range(0, len(rows.codes), _BLOCK_ROWS)):
            check_cancelled()
    scores *= small.scales[:, None]
    return scores


def quantised_slack(query: Floats, approximate: Floats) -> Floats:
    """The most by which each product can differ from the exact score of its row.

    With ``q = r + f``, where ``r`` is the quantised query: ``q·v - r·v = f·v``, which is at most ``|f| |v|`` (Cauchy
    and Schwarz). The codes' product itself is a whole number and exact; to this comes the rounding of what it is
    multiplied with.

    Args:
        query: ``[dimension]``.
        approximate: ``[k]``, some rows' of `quantised_products`.

    Returns:
        ``[k]`` float32.
    """
    rest = float(np.linalg.norm(query.astype(np.float64) - rounded(query[None])[0]))
    # Slightly more of everything, for the rounding of this very computation
    slack = np.abs(approximate) * np.float32(_ROUNDING)
    slack += np.float32(1.001 * longest_row(len(query)) * rest)
    return slack


@cache
def _product() -> Product:
    """SimSIMD's kernels where there are some for this machine.

    Measured, 200,000 x 512 on two cores with AVX-512 (``benchmarks/scan_int8.py --kernels 200000``): 5.9 ms, NumKong
    (46 MB to install, against 2) 5.2, torch's private function 8.3, NumPy in float32 13.2.
    """
    try:
        import simsimd
    except ImportError as error:
        _log.info("there is no SimSIMD for this machine (%s), so NumPy multiplies", error)
        return _numpy_product

    def product(codes: Codes, queries: Codes) -> npt.NDArray[np.float64]:
        return np.asarray(simsimd.cdist(codes, queries, metric="dot"))

    return product


def _numpy_product(codes: Codes, queries: Codes) -> npt.NDArray[np.float64]:
    found = np.zeros((len(codes), len(queries)))
    for column in range(0, codes.shape[1], _EXACT_COLUMNS):
        wide = queries[:, column : column + _EXACT_COLUMNS].astype(np.float32).T
        for first in range(0, len(codes), _PORTION):
            portion = codes[first : first + _PORTION, column : column + _EXACT_COLUMNS].astype(np.float32)
            found[first : first + _PORTION] += portion @ wide
    return found
