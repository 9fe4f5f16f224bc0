"""Rankings in, a system's figures out: means over types, how sure they are, and how two systems compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nerret_tools.errors import MissingExtraError
from nerret_tools.extras import extra_package
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.metrics import cut_off_scores, macro, precision_at, r_precision
from nerret_tools.lab.evaluation.results import Comparison, Estimate, SystemReport, TypeReport

RECALL_LENGTHS = [round(0.05 * step, 2) for step in range(101)]
"""List lengths that recall is reported at, in multiples of the number of relevant documents."""

LEVEL = 0.95
SEED = 0


def load_statistics() -> Any:
    """SciPy's tests; called early, so that a missing package shows before the long work.

    Raises:
        MissingExtraError: SciPy is not installed.
    """
    return extra_package("scipy.stats", "intervals and tests over types", "evaluation")


def score_system(
    name: str, data: LabelledData, rankings: Mapping[str, Sequence[str]], returned: Mapping[str, int] | None = None
) -> SystemReport:
    """Score one system.

    Args:
        name: How the report calls it.
        data: What is right.
        rankings: Label → document ids, best first.
        returned: Label → length of the ranking's beginning that the default cut-off keeps.
    """
    types = []
    for label, description in data.types.items():
        ranking, relevant = rankings[label], data.relevant[label]
        row = TypeReport(
            label=label,
            description=description,
            relevant=len(relevant),
            r_precision=r_precision(ranking, relevant),
            precision_at_50=precision_at(ranking, relevant, 50),
            precision_at_200=precision_at(ranking, relevant, 200),
        )
        if returned is not None:
            row.returned = returned[label]
            row.precision, row.recall, row.f1 = cut_off_scores(ranking[: returned[label]], relevant)
        types.append(row)
    at_cutoff = {
        field: None if returned is None else macro(getattr(row, field) for row in types)
        for field in ("precision", "recall", "f1")
    }
    curves = [recall_curve(rankings[label], data.relevant[label]) for label in data.types]
    return SystemReport(
        name=name,
        r_precision=estimate(row.r_precision for row in types),
        precision_at_50=estimate(row.precision_at_50 for row in types),
        precision_at_200=estimate(row.precision_at_200 for row in types),
        recall_curve=np.mean(curves, axis=0).tolist(),
        types=types,
        **at_cutoff,
    )


def recall_curve(ranking: Sequence[str], relevant: frozenset[str]) -> np.ndarray:
    """Recall at each of `RECALL_LENGTHS`, ``[lengths]``; a ranking that ends early stays where it ended."""
    hits = np.concatenate([[0], np.cumsum([document_id in relevant for document_id in ranking])])
    places = np.minimum(np.rint(np.array(RECALL_LENGTHS) * len(relevant)).astype(int), len(ranking))
    recall: np.ndarray = hits[places] / len(relevant)
    return recall


def estimate(values: Iterable[float]) -> Estimate:
    """Mean of one value a type, with the percentile bootstrap's 95% interval over types.

    Seeded; no interval with fewer than two types, nor where SciPy is not installed.
    """
    numbers = np.fromiter(values, dtype=np.float64)
    mean = float(numbers.mean())
    if len(numbers) < 2:
        return Estimate(mean=mean)
    try:
        bootstrap = load_statistics().bootstrap
    except MissingExtraError:
        return Estimate(mean=mean)
    interval = bootstrap(
        (numbers,),
        np.mean,
        confidence_level=LEVEL,
        method="percentile",  # BCa is undefined where a type more or less changes nothing
        random_state=np.random.default_rng(SEED),
    ).confidence_interval
    return Estimate(mean=mean, low=float(interval.low), high=float(interval.high))


def compare(system: SystemReport, baselines: Sequence[SystemReport]) -> Comparison:
    """Compare R-Precision with the baseline that has the highest, type by type."""
    best = max(baselines, key=lambda baseline: baseline.r_precision.mean)
    ours = [row.r_precision for row in system.types]
    theirs = [row.r_precision for row in best.types]
    return Comparison(
        system=system.name,
        baseline=best.name,
        difference=estimate(one - other for one, other in zip(ours, theirs, strict=True)),
        p=wilcoxon_p(ours, theirs),
        types=len(ours),
    )


def wilcoxon_p(scores: Sequence[float], others: Sequence[float]) -> float:
    """Two-sided Wilcoxon signed-rank p over paired scores, one pair a type; 1.0 when none differs.

    Raises:
        ValueError: The two have different lengths, or no pair.
        MissingExtraError: SciPy is not installed.
    """
    if len(scores) != len(others) or not scores:
        raise ValueError(f"expected as many scores as others, at least one: {len(scores)} and {len(others)}")
    if all(score == other for score, other in zip(scores, others, strict=True)):
        return 1.0
    test = load_statistics().wilcoxon  # drops pairs without a difference
    return float(test(scores, others, zero_method="wilcox", alternative="two-sided").pvalue)
