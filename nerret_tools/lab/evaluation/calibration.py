"""Reliability of the relevances, and what the default cut-off gives away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np

from nerret_tools.lab.evaluation.answers import RECALL, Answers, relevant_documents
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.metrics import macro
from nerret_tools.lab.evaluation.results import Bin, CalibrationReport, SystemReport

BIN_COUNT = 10
"""Bins of equal width, as in most reports of expected calibration error."""

LIKELY = 0.3
"""A relevance that somebody would look at; promised and true shares are compared over it, apart from the default."""


def reliability(relevances: np.ndarray, truth: np.ndarray) -> list[Bin]:
    """Compare promised with true shares, in bins of equal width.

    Args:
        relevances: ``[n]`` in [0, 1].
        truth: ``[n]`` bool.
    """
    numbers = np.minimum((relevances * BIN_COUNT).astype(int), BIN_COUNT - 1)
    return [
        _bin(number / BIN_COUNT, (number + 1) / BIN_COUNT, relevances[numbers == number], truth[numbers == number])
        for number in range(BIN_COUNT)
    ]


def _bin(low: float, high: float, relevances: np.ndarray, truth: np.ndarray) -> Bin:
    if not len(relevances):
        return Bin(low=low, high=high, pairs=0)
    promised, true = float(relevances.mean()), float(truth.mean())
    return Bin(low=low, high=high, pairs=len(relevances), mean_relevance=promised, share_relevant=true)


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Mean distance between promised and true share, weighted by the bins' pairs."""
    gaps = (
        one.pairs * abs(one.mean_relevance - one.share_relevant)
        for one in bins
        if one.mean_relevance is not None and one.share_relevant is not None
    )
    return sum(gaps) / sum(one.pairs for one in bins)


def f1_at(cutoffs: np.ndarray, relevances: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """F1 of listing every document with at least each relevance.

    Args:
        cutoffs: ``[k]`` relevances over 0, in any order.
        relevances: ``[n]``.
        truth: ``[n]`` bool, at least one true.
    """
    order = np.argsort(-relevances, kind="stable")
    hits = np.concatenate([[0], np.cumsum(truth[order])])
    listed = np.searchsorted(-relevances[order], -cutoffs, side="right")
    scores: np.ndarray = 2 * hits[listed] / (listed + truth.sum())
    return scores


def best_f1(relevances: np.ndarray, truth: np.ndarray) -> float:
    """The best F1 that any cut-off gives, 0 where nothing has a relevance over 0."""
    possible = np.unique(relevances[relevances > 0])
    return float(f1_at(possible, relevances, truth).max(initial=0.0))


def calibration_report(data: LabelledData, answers: Answers, system: SystemReport) -> CalibrationReport:
    """Look at every pair of a type and a document; documents without a mention have relevance 0.

    Args:
        data: What is right.
        answers: The index's.
        system: The figures of the same answers; it has those at the default cut-off.
    """
    relevances = {label: answers.relevances(data, label) for label in data.types}
    truths = {label: relevant_documents(data, label) for label in data.types}
    pooled, pooled_truth = (np.concatenate(list(one.values())) for one in (relevances, truths))
    bins = reliability(pooled, pooled_truth)
    listed = np.concatenate([relevances[label] >= answers.cutoffs[label] for label in data.types])
    cutoff, single_f1 = _best_single(relevances, truths)
    best = {label: best_f1(relevances[label], truths[label]) for label in data.types}
    reached = [float((relevances[one][truths[one]] >= answers.for_recall[one]).mean()) for one in data.types]
    return CalibrationReport(
        bins=bins,
        ece_pooled=expected_calibration_error(bins),
        ece_macro=macro(
            expected_calibration_error(reliability(relevances[label], truths[label])) for label in data.types
        ),
        listed=_bin(0, 1, relevances=pooled[listed], truth=pooled_truth[listed]),
        likely=_bin(LIKELY, 1, relevances=pooled[pooled >= LIKELY], truth=pooled_truth[pooled >= LIKELY]),
        length=median((row.returned or 0) / row.relevant for row in system.types),
        best_single_cutoff=cutoff,
        best_single_f1=single_f1,
        best_type_f1=macro(best.values()),
        f1_share=macro((row.f1 or 0.0) / (best[row.label] or 1.0) for row in system.types),
        recall=macro(reached),
        recall_met=macro(float(one >= RECALL) for one in reached),
    )


def _best_single(relevances: Mapping[str, np.ndarray], truths: Mapping[str, np.ndarray]) -> tuple[float, float]:
    """The cut-off for all types with the best macro F1, and that F1."""
    pooled = np.concatenate(list(relevances.values()))
    possible = np.unique(pooled[pooled > 0])
    if not len(possible):
        return 0.0, 0.0
    scores = np.mean([f1_at(possible, relevances[label], truths[label]) for label in relevances], axis=0)
    best = int(scores.argmax())
    return float(possible[best]), float(scores[best])
