"""How good a ranking is: R-Precision, precision at a depth, and what a cut-off leaves.

A ranking is a list of document ids, best first, each once. It may be shorter than the corpus;
a place that is not filled counts as wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from statistics import fmean
from typing import NamedTuple


class CutOffScores(NamedTuple):
    """Of the documents that were returned: how many are right, and how many of the right ones."""

    precision: float
    recall: float
    f1: float


def precision_at(ranking: Sequence[str], relevant: Collection[str], depth: int) -> float:
    """Share of relevant documents among the first ``depth`` places, filled or not.

    Raises:
        ValueError: ``depth`` is not positive.
    """
    if depth < 1:
        raise ValueError(f"depth must be at least 1, not {depth}")
    wanted = frozenset(relevant)
    return sum(document_id in wanted for document_id in ranking[:depth]) / depth


def r_precision(ranking: Sequence[str], relevant: Collection[str]) -> float:
    """Precision in the first R places, where R is the number of relevant documents.

    Raises:
        ValueError: Nothing is relevant; the figure does not exist then.
    """
    return precision_at(ranking, relevant, len(frozenset(relevant)))


def cut_off_scores(returned: Iterable[str], relevant: Collection[str]) -> CutOffScores:
    """Precision, recall and F1 of a set of returned documents; all 0 when none is right.

    Raises:
        ValueError: Nothing is relevant.
    """
    found, wanted = frozenset(returned), frozenset(relevant)
    if not wanted:
        raise ValueError("no document is relevant, so recall does not exist")
    right = len(found & wanted)
    if not right:
        return CutOffScores(0.0, 0.0, 0.0)
    return CutOffScores(right / len(found), right / len(wanted), 2 * right / (len(found) + len(wanted)))


def macro(values: Iterable[float]) -> float:
    """The mean over types, each type counting the same."""
    return fmean(values)
