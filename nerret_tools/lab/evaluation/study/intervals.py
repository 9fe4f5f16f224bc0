"""How sure a mean over types is."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nerret_tools.errors import MissingExtraError
from nerret_tools.lab.evaluation.study.results import Estimate

LEVEL = 0.95
SEED = 0


def estimate(values: Iterable[float]) -> Estimate:
    """Mean of one value a type, with the percentile bootstrap's 95% interval over types.

    Seeded; no interval with fewer than two types.

    Raises:
        MissingExtraError: SciPy is not installed.
    """
    numbers = np.fromiter(values, dtype=np.float64)
    mean = float(numbers.mean())
    if len(numbers) < 2:
        return Estimate(mean=mean)
    try:
        from scipy.stats import bootstrap
    except ImportError as error:
        raise MissingExtraError("the bootstrap interval", "evaluation") from error
    interval = bootstrap(
        (numbers,),
        np.mean,
        confidence_level=LEVEL,
        method="percentile",  # BCa is undefined where a type more or less changes nothing
        random_state=np.random.default_rng(SEED),
    ).confidence_interval
    return Estimate(mean=mean, low=float(interval.low), high=float(interval.high))
