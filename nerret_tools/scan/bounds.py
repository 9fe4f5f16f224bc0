"""Between which numbers the exact score of each row is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nerret_tools.scan.exact import ROUNDING, margin
from nerret_tools.scan.product import score_rows
from nerret_tools.scan.quantised import quantised_products, quantised_slack
from nerret_tools.scan.scan import Scan

__all__ = ["score_bounds", "score_scan"]

Floats = npt.NDArray[np.float32]


def score_scan(scan: Scan, queries: Floats) -> Floats:
    """Approximate scores ``[q, n]`` of all rows for queries ``[q, dimension]``; good to `score_bounds`."""
    if scan.quantised is not None:
        return quantised_products(scan.quantised, queries)
    return score_rows(scan.vectors, queries)


def score_bounds(
    scan: Scan, query: Floats, approximate: Floats, rows: npt.NDArray[np.int64] | None = None
) -> tuple[Floats, Floats]:
    """The least and the most that the exact, rounded scores of rows can be.

    Args:
        scan: What is ranked.
        query: ``[dimension]``.
        approximate: ``[n]``, this query's row of `score_scan`.
        rows: ``[k]`` row numbers; ``None``: all.

    Returns:
        Two arrays ``[k]``.
    """
    values = approximate if rows is None else approximate[rows]
    slack: Floats | np.float32
    if scan.quantised is None:
        slack = np.float32(margin(query))
    else:
        slack = quantised_slack(query, values) + np.float32(ROUNDING)
    return values - slack, values + slack
