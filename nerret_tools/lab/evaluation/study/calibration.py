"""Reliability of the relevances, and what the default cut-off gives away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.metrics import macro
from nerret_tools.lab.evaluation.study.answers import Answers, relevant_documents
from nerret_tools.lab.evaluation.study.results import Bin, CalibrationStudy, SystemStudy

BIN_COUNT = 10
"""Bins of equal width, as in most reports of expected calibration error."""


def reliability(relevances: np.ndarray, truth: np.ndarray) -> list[Bin]:
    """Compare promised with true shares, in bins of equal width.

    Args:
        relevances: ``[n]`` in [0, 1].
        truth: ``[n]`` bool.
    """
    numbers = np.minimum((relevances * BIN_COUNT).astype(int), BIN_COUNT - 1)
    bins = []
    for number in range(BIN_COUNT):
        inside = numbers == number
        one = Bin(low=number / BIN_COUNT, high=(number + 1) / BIN_COUNT, pairs=int(inside.sum()))
        if one.pairs:
            one.mean_relevance = float(relevances[inside].mean())
            one.share_relevant = float(truth[inside].mean())
        bins.append(one)
    return bins


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


def calibration_study(data: LabelledData, answers: Answers, system: SystemStudy) -> CalibrationStudy:
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
    return CalibrationStudy(
        bins=bins,
        ece_pooled=expected_calibration_error(bins),
        ece_macro=macro(
            expected_calibration_error(reliability(relevances[label], truths[label])) for label in data.types
        ),
        listed=int(listed.sum()),
        listed_relevance=float(pooled[listed].mean()) if listed.any() else None,
        listed_precision=float(pooled_truth[listed].mean()) if listed.any() else None,
        precision=macro(one.precision or 0.0 for one in system.types),
        recall=macro(one.recall or 0.0 for one in system.types),
        f1=macro(one.f1 or 0.0 for one in system.types),
        best_single_cutoff=cutoff,
        best_single_f1=single_f1,
        best_type_f1=macro(best_f1(relevances[label], truths[label]) for label in data.types),
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
