"""The exact scan: every mention vector times every query."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

__all__ = ["score_rows"]

_BLOCK_ROWS = 16_384
"""Rows that one thread takes at a time: 32 MB at 500 dimensions."""


def score_rows(
    vectors: npt.NDArray[np.float32], queries: npt.NDArray[np.float32], threads: int | None = None
) -> npt.NDArray[np.float32]:
    """Products of all rows with all queries, in float32.

    Args:
        vectors: ``[n, dimension]``; read once, from its first row to its last, whatever the number of
            queries.
        queries: ``[q, dimension]``, or ``[dimension]`` for one.
        threads: To use; ``None``: one a core.

    Returns:
        ``[q, n]``, or ``[n]`` for one query. Good to `exact.margin`.
    """
    if queries.ndim == 1:
        single: npt.NDArray[np.float32] = score_rows(vectors, queries[None], threads)[0]
        return single
    scores = np.empty((len(queries), len(vectors)), np.float32)

    def block(first: int) -> None:
        rows = vectors[first : first + _BLOCK_ROWS]
        if len(queries) == 1:
            # Reads memory faster than the BLAS product of a matrix and a vector does
            np.einsum("ij,j->i", rows, queries[0], out=scores[0, first : first + _BLOCK_ROWS])
        else:
            np.matmul(queries, rows.T, out=scores[:, first : first + _BLOCK_ROWS])

    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for _ in pool.map(block, range(0, len(vectors), _BLOCK_ROWS)):
            pass
    return scores
