"""From approximate products to exact scores.

A float32 product of the same two vectors differs in its last bits with the row's place in the matrix, so it
cannot decide a tie or a cut-off; a product in int8 differs more. It is used to find the few rows that can matter,
within a proven bound; those are scored again in float64, where equal vectors get equal scores wherever they are.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nerret_tools.cancellation import check_cancelled
from nerret_tools.threads import thread_count

if TYPE_CHECKING:
    from nerret_tools.scan.quantised import QuantisedRows

__all__ = ["ROUNDING", "SCORE_DECIMALS", "exact_scores", "longest_row", "margin"]

SCORE_DECIMALS = 6
"""Scores are rounded to these: float32 vectors do not carry more, and nearly equal ones then tie."""

ROUNDING = 0.5 * 10.0**-SCORE_DECIMALS + 2.0**-22
"""Added to every bound: what rounding scores takes away, and adding the bound to a score below 2 in float32."""

_FLOAT32_ROUNDING = 2.0**-24

_BLOCK_BYTES = 8 * 2**20
"""Of float64 rows at a time: they stay in the second-level cache of two cores, more or less."""

Rows = npt.NDArray[np.int64]


def longest_row(dimension: int) -> float:
    """The most that a stored vector is long: unit length, and half a 127th that each number was rounded by."""
    return 1.001 + math.sqrt(dimension) / 254


def margin(query: npt.NDArray[np.float32]) -> float:
    """The most by which a float32 product with unit rows can differ from the exact, rounded score.

    The classic bound for a sum of ``n`` products in any order: ``n * u / (1 - n * u)`` times the lengths of
    both vectors (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1).
    """
    bound = len(query) * _FLOAT32_ROUNDING
    length = float(np.linalg.norm(query.astype(np.float64)))
    return longest_row(len(query)) * length * bound / (1 - bound) + ROUNDING


def exact_scores(
    vectors: npt.NDArray[np.float32] | QuantisedRows, query: npt.NDArray[np.float32], rows: Rows
) -> npt.NDArray[np.float64]:
    """Scores of some rows in float64, rounded to `SCORE_DECIMALS`.

    Args:
        vectors: ``[n, dimension]``.
        query: ``[dimension]``.
        rows: ``[k]`` row numbers.

    Returns:
        ``[k]``, each of which depends on its row's vector only.
    """
    wide = query.astype(np.float64)
    scores = np.empty(len(rows), np.float64)
    size = max(1, _BLOCK_BYTES // (8 * len(query)))

    def block(first: int) -> None:
        scores[first : first + size] = (vectors[rows[first : first + size]] * wide).sum(axis=1)

    firsts = range(0, len(rows), size)
    if len(firsts) < 2:
        check_cancelled()
        for first in firsts:
            block(first)
    else:
        with ThreadPoolExecutor(thread_count()) as pool:
            for _ in pool.map(block, firsts):
                check_cancelled()
    # + 0.0 turns the -0.0 that rounding makes into 0.0
    return np.round(scores, SCORE_DECIMALS) + 0.0
