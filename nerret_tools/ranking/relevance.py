"""From scores to relevance, where a list stops, and how complete it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nerret_tools.models import Calibration
from nerret_tools.ranking.scores import Scores
from nerret_tools.ranking.search import Search

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]

LEAST_COUNTED = 0.01
"""Relevance under this counts as none in what is expected: no calibration is good to a hundredth, and the many
documents far below would have to be scored exactly for it."""

DAMPING = 0.55
"""Power of the odds that count in an expected recall. On texts that a curve was not fitted to, documents far down are
right more often than it says: without this and `LEFT_OUT`, lists for a recall of 0.9 reached 0.79 in the mean over
domains that were left out of the fit, with them 0.90."""

LEFT_OUT = 2.0
"""How many documents are left out for each one expected to be; see `DAMPING`."""

_THRESHOLD_DECIMALS = 9  # of a score: finer than scores are, coarser than the rounding of a curve and its inverse


@dataclass(frozen=True)
class Limits:
    """Which documents of a query are listed, and what can be expected of them."""

    min_score: float | None  # the least score that is listed; `None`: any
    max_score: float | None = None  # the score from which on none is listed any more; `None`: all are
    min_relevance: float | None = None  # what `min_score` stands for; `None` without a calibration, as the others
    expected_relevant: float | None = None  # how many of the listed documents are expected to be right
    # The share of all right documents that is expected to be listed, or to be over `max_score`
    expected_recall: float | None = None


def relevances(curve: Calibration | None, scores: Floats) -> Floats:
    """Probabilities ``[n]`` for documents' scores ``[n]``; not a number without a calibration."""
    return np.full(len(scores), np.nan) if curve is None else curve.relevance(scores)


def limits(curve: Calibration | None, search: Search, scores: Scores, documents: Positions) -> Limits:
    """Decide where the list of the ``[d]`` documents that might be in it begins and stops.

    Without a cut-off in the search, the one that maximises the expected F1 of this query.
    """
    if curve is None:
        return Limits(search.min_score)
    counted = scores.at_least(documents, _score_at(curve, LEAST_COUNTED))
    best = np.sort(scores.of_documents(counted))[::-1]
    probable = relevances(curve, best)
    least = search.min_relevance
    if search.recall is not None:
        least = cutoff_for_recall(probable, search.recall)
    elif least is None and search.min_score is None:
        least = best_expected_f1(probable, curve.cutoff)
        if search.max_relevance is not None:
            least = min(least, search.max_relevance / 2)  # the next band of a list that was read
    given = [] if least is None or least <= 0 else [_score_at(curve, least)]
    min_score = max(given + ([] if search.min_score is None else [search.min_score]), default=None)
    max_score = None if search.max_relevance is None else _score_at(curve, search.max_relevance)
    sums = np.concatenate([[0.0], np.cumsum(probable)])
    last = len(best) if min_score is None else int(np.searchsorted(-best, -min_score, side="right"))
    passed = 0.0 if max_score is None else sums[np.searchsorted(-best, -max_score, side="right")]
    by_relevance = least is not None and (search.min_score is None or not given or given[0] >= search.min_score)
    return Limits(
        min_score,
        max_score,
        min_relevance=least if by_relevance else _relevance_at(curve, min_score),
        expected_relevant=round(max(float(sums[last] - passed), 0.0), 2),
        expected_recall=round(_expected_recall(probable, last), 4),
    )


def best_expected_f1(probable: Floats, least: float) -> float:
    """The cut-off with the best expected F1, ``2 · right listed / (listed + right)``, for falling chances ``[n]``.

    It is half of that F1 (Lipton, Elkan and Naryanaswamy, Optimal Thresholding of Classifiers to Maximize F1
    Measure, 2014), and never lower than `least`.
    """
    if not len(probable):
        return least
    listed = np.arange(1, len(probable) + 1)
    best = float((2 * np.cumsum(probable) / (listed + probable.sum())).max())
    return max(round(best / 2, 2), least)


def cutoff_for_recall(probable: Floats, recall: float) -> float:
    """The highest cut-off, in two figures, over which at least this share of what is right is expected.

    Args:
        probable: ``[n]``, falling.
        recall: The share.
    """
    if not len(probable):
        return LEAST_COUNTED
    sums = np.cumsum(_damped(probable))
    share = 1 - (1 - recall) / LEFT_OUT
    last = float(probable[min(int(np.searchsorted(sums, share * sums[-1] - 1e-12)), len(sums) - 1)])
    unit = 10.0 ** (math.floor(math.log10(last)) - 1)
    return max(round(math.floor(last / unit) * unit, 6), LEAST_COUNTED)


def _expected_recall(probable: Floats, listed: int) -> float:
    """The share of what is right that the first documents are expected to hold; 1 where nothing is."""
    sums = np.concatenate([[0.0], np.cumsum(_damped(probable))])
    return max(1 - LEFT_OUT * float(1 - sums[listed] / sums[-1]), 0.0) if sums[-1] else 1.0


def _damped(probable: Floats) -> Floats:
    right, wrong = probable**DAMPING, (1 - probable) ** DAMPING
    damped: Floats = right / (right + wrong)
    return damped


def _score_at(curve: Calibration, relevance: float) -> float:
    score = curve.score_at(relevance)
    return -math.inf if score is None else round(score, _THRESHOLD_DECIMALS)


def _relevance_at(curve: Calibration, score: float | None) -> float:
    return 0.0 if score is None else float(curve.relevance(np.array(score)))
