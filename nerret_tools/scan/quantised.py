"""Vectors in a quarter of their size: one byte a number, one scale a row; the product with them, and its bound."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from nerret_tools.cancellation import check_cancelled
from nerret_tools.scan.exact import LONGEST_ROW
from nerret_tools.scan.rows import MappedRows

__all__ = ["QuantisedRows", "quantise", "quantised_products", "quantised_slack", "width_of"]

_log = logging.getLogger(__name__)

_LARGEST_CODE = 127

_WIDTH = 64
"""Codes are filled up with zeros to a multiple of this: fast products of int8 read whole groups of numbers."""

_BLOCK_ROWS = 65_536
"""Rows multiplied between two looks at whether the search was called off: 33 MB at 500 dimensions."""

_PORTION = 512
"""Rows that NumPy turns into float32 at a time: they stay in the second-level cache."""

_BFLOAT16_ROUNDING = 2.0**-8

_STEP_ROUNDING = 2.0**-22
"""Of one step of a float32 sum or difference, however it is rounded: four times the usual, as a share."""

_UNDERFLOW = 2.0**-60
"""More than the lengths of vectors whose squares are too small for float32."""

Floats = npt.NDArray[np.float32]
Product = Callable[[npt.NDArray[np.int8], Floats], Floats]


@dataclass(frozen=True, eq=False)
class QuantisedRows:
    """Rows ``scales[i] * codes[i]`` that stand for vectors.

    Attributes:
        codes: ``[n, width]`` int8; ``width`` is the dimension or a little more, with zeros behind.
        scales: ``[n]`` float32, positive.
        errors: ``[n]`` float32, at least the length of each vector's difference from its row.
    """

    codes: npt.NDArray[np.int8] | MappedRows
    scales: Floats
    errors: Floats


def width_of(dimension: int) -> int:
    """Codes in a row."""
    return -(-dimension // _WIDTH) * _WIDTH


def quantise(vectors: Floats) -> QuantisedRows:
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
    codes = np.zeros((len(vectors), width_of(dimension)), np.int8)
    codes[:, :dimension] = scaled
    scaled *= scales[:, None]
    rest = np.subtract(vectors, scaled, out=scaled)
    errors = _lengths(rest) * (1 + dimension * _STEP_ROUNDING) + _lengths(vectors) * _STEP_ROUNDING + _UNDERFLOW
    return QuantisedRows(codes, scales, errors.astype(np.float32))


def _lengths(vectors: Floats) -> npt.NDArray[np.float64]:
    squares: Floats = np.einsum("ij,ij->i", vectors, vectors)
    return np.sqrt(squares.astype(np.float64))


def quantised_products(rows: QuantisedRows, queries: Floats) -> Floats:
    """Products of all rows with all queries.

    Args:
        rows: ``n`` of them; the codes are read once, from the first to the last.
        queries: ``[q, dimension]``.

    Returns:
        ``[q, n]``. Good to `quantised_slack`.
    """
    product = _fastest()
    wide = np.zeros((len(queries), rows.codes.shape[1]), np.float32)
    wide[:, : queries.shape[1]] = _bfloat16(queries)
    scores = np.empty((len(queries), len(rows.codes)), np.float32)
    for first in range(0, len(rows.codes), _BLOCK_ROWS):
        check_cancelled()
        part = slice(first, first + _BLOCK_ROWS)
        np.multiply(product(rows.codes[part], wide), rows.scales[part], out=scores[:, part])
    return scores


def quantised_slack(errors: Floats, query: Floats, approximate: Floats) -> Floats:
    """The most by which each product can differ from the exact score of the row's unit-length vector.

    With ``v = s c + e`` and ``q = r + f``, where ``r`` is the query in bfloat16: ``q·v - r·(s c) = q·e + f·(s c)``,
    which is at most ``|q| |e| + |f| |s c|``. To this comes what summing in float32 takes away (`exact.margin` has
    the source), and the rounding of the sum to bfloat16.

    Args:
        errors: ``[k]`` of `QuantisedRows.errors`.
        query: ``[dimension]``.
        approximate: ``[k]``, the same rows' of `quantised_products`.

    Returns:
        ``[k]`` float32.
    """
    wide = query.astype(np.float64)
    rounded = _bfloat16(query).astype(np.float64)
    length, rest = float(np.linalg.norm(wide)), float(np.linalg.norm(wide - rounded))
    steps = len(query) * _STEP_ROUNDING
    by_length = rest + float(np.linalg.norm(rounded)) * steps / (1 - steps)
    of_sum = _BFLOAT16_ROUNDING / (1 - _BFLOAT16_ROUNDING) + _STEP_ROUNDING
    # Slightly more of everything, for the rounding of this very computation
    slack = np.abs(approximate) * np.float32(1.001 * of_sum)
    slack += errors * np.float32(1.001 * (length + by_length))
    slack += np.float32(1.001 * LONGEST_ROW * by_length)
    return slack


@cache
def _fastest() -> Product:
    """Torch's product of bfloat16 with int8 weights where it is right, which is tried on a few rows.

    It is not among torch's documented functions. Measured, 100,000 x 512 on one busy core with AVX2: 10 ms, against
    25 ms for NumPy, which has to make float32 of the codes, and 27 ms for the float32 scan; `torch._int_mm` is slower
    than both.
    """
    world = np.random.default_rng(0)
    codes = world.integers(-127, 128, (68, 8 * _WIDTH)).astype(np.int8)
    queries = _bfloat16(world.standard_normal((3, 8 * _WIDTH)).astype(np.float32))
    exact = queries.astype(np.float64) @ codes.T.astype(np.float64)
    lengths = np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(codes.astype(np.float64), axis=1)
    try:
        wrong = np.abs(_torch_product(codes, queries) - exact)
    except (AttributeError, RuntimeError) as error:
        # AttributeError: a torch without the function. RuntimeError: torch's own, where it has none for this processor
        _log.info("this torch cannot multiply int8 with bfloat16 (%s), so NumPy does", error)
        return _numpy_product
    if (wrong > _BFLOAT16_ROUNDING * np.abs(exact) + codes.shape[1] * _STEP_ROUNDING * lengths).any():
        _log.info("this torch multiplies int8 with bfloat16 imprecisely, so NumPy does it")
        return _numpy_product
    return _torch_product


def _torch_product(codes: npt.NDArray[np.int8], queries: Floats) -> Floats:
    import torch

    weights = torch.from_numpy(codes)
    ones = torch.ones(len(codes), dtype=torch.bfloat16)
    product = torch._weight_int8pack_mm(torch.from_numpy(queries).bfloat16(), weights, ones)
    found: Floats = product.float().numpy()
    return found


def _numpy_product(codes: npt.NDArray[np.int8], queries: Floats) -> Floats:
    found = np.empty((len(queries), len(codes)), np.float32)

    def portion(first: int) -> None:
        wide = codes[first : first + _PORTION].astype(np.float32)
        for query, row in zip(queries, found, strict=True):
            np.einsum("ij,j->i", wide, query, out=row[first : first + _PORTION])

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(portion, range(0, len(codes), _PORTION)))
    return found


def _bfloat16(values: Floats) -> Floats:
    """Each number rounded to the nearest that bfloat16 has, ties to even; finite ones."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return rounded.astype(np.uint32).view(np.float32)
