"""Is the difference between two systems more than chance, type by type?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nerret_tools.errors import MissingExtraError


def load_test() -> Callable[..., Any]:
    """SciPy's test; called early, so that a missing package shows before the long work.

    Raises:
        MissingExtraError: SciPy is not installed.
    """
    try:
        from scipy.stats import wilcoxon
    except ImportError as error:
        raise MissingExtraError("the Wilcoxon test", "evaluation") from error
    test: Callable[..., Any] = wilcoxon
    return test


def wilcoxon_p(scores: Sequence[float], others: Sequence[float]) -> float:
    """Two-sided Wilcoxon signed-rank p over paired scores, one pair a type.

    Pairs without a difference are dropped; 1.0 when none differs.

    Raises:
        ValueError: The two have different lengths, or no pair.
        MissingExtraError: SciPy is not installed.
    """
    if len(scores) != len(others) or not scores:
        raise ValueError(f"expected as many scores as others, at least one: {len(scores)} and {len(others)}")
    wilcoxon = load_test()
    if all(score == other for score, other in zip(scores, others, strict=True)):
        return 1.0
    return float(wilcoxon(scores, others, zero_method="wilcox", alternative="two-sided").pvalue)
