"""The exact scan: a copy of the vectors, their products with a query, and the proof of the bounds.

Below storage, which fills the copy, and ranking, which orders what comes out.
"""

from typing import TYPE_CHECKING

from nerret_tools.lazy import exported

if TYPE_CHECKING:
    from nerret_tools.scan.bounds import score_bounds, score_scan
    from nerret_tools.scan.copy import ScanCopy
    from nerret_tools.scan.exact import SCORE_DECIMALS, exact_scores
    from nerret_tools.scan.product import score_rows
    from nerret_tools.scan.quantised import QuantisedRows, quantise, rounded
    from nerret_tools.scan.reader import ScanReader
    from nerret_tools.scan.scan import Scan

__all__ = [
    "SCORE_DECIMALS",
    "QuantisedRows",
    "Scan",
    "ScanCopy",
    "ScanReader",
    "exact_scores",
    "quantise",
    "rounded",
    "score_bounds",
    "score_rows",
    "score_scan",
]

_PLACES = {
    "QuantisedRows": "quantised",
    "SCORE_DECIMALS": "exact",
    "Scan": "scan",
    "ScanCopy": "copy",
    "ScanReader": "reader",
    "exact_scores": "exact",
    "quantise": "quantised",
    "rounded": "quantised",
    "score_bounds": "bounds",
    "score_rows": "product",
    "score_scan": "bounds",
}
__getattr__ = exported(__name__, _PLACES)
