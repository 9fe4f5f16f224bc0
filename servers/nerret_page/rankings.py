"""Where to stop: the whole ranking of a question, kept for the views that need more of it than a page."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from nerret_page.question import Question
from nerret_page.states import once_a_state
from nerret_tools import EntityIndex

KEPT = 8
"""Rankings of former questions: somebody goes back and forth between a few."""

LEAST = 0.01
"""Relevance under which a document is not in the curve, as in the engine's expectations."""

POINTS = 300
"""Places of the curve where the cut-off can be put: finer than a hand is."""


class Standing(NamedTuple):
    """The ranking of a question, best first."""

    ids: list[str]  # of the documents
    relevances: np.ndarray  # `[n]`, falling; not a number where the model has no calibration

    def over(self, min_relevance: float) -> int:
        """How many documents reach a cut-off."""
        return int((self.relevances >= min_relevance).sum())

    def curve(self) -> list[dict[str, float]]:
        """Places where the list might stop, with the cut-off that stops it there and what is to be expected then.

        After ``rank`` documents: their expected precision, and the share of all right ones that is expected in them.
        """
        probable = self.relevances[: self.over(LEAST)]
        count = len(probable)
        if not count:
            return []
        sums = np.cumsum(probable)
        spread = np.geomspace(1, count, POINTS // 2), np.linspace(1, count, POINTS // 2)
        ranks = np.unique(np.concatenate(spread).round().astype(int))
        ranks = np.unique(np.searchsorted(-probable, -probable[ranks - 1], side="right"))  # equals stand together
        below = np.append(self.relevances, 0.0)[ranks]
        return [
            {
                "rank": int(rank),
                "cutoff": _between(float(low), float(probable[rank - 1])),
                "precision": round(float(sums[rank - 1] / rank), 4),
                "recall": round(float(sums[rank - 1] / sums[-1]), 4),
            }
            for rank, low in zip(ranks, below, strict=True)
        ]


def _between(low: float, high: float) -> float:
    """The shortest decimal over one number that does not exceed the other."""
    for digits in range(2, 12):
        scale: int = 10**digits
        shortest = (math.floor(low * scale) + 1) / scale
        if low < shortest <= high:
            return shortest
    return high


def standing_of(index: EntityIndex, question: Question) -> Standing:
    """The ranking of a question, whatever its cut-off."""
    return _ranked(index, replace(question, min_relevance=None))


@once_a_state(KEPT)
def _ranked(index: EntityIndex, question: Question) -> Standing:
    (ranking,) = index.rank_many([question.asked])
    if question.conditions is None:
        return Standing(ranking.ids, ranking.relevances)
    allowed = set(index.ids(question.conditions))
    kept = [place for place, one in enumerate(ranking.ids) if one in allowed]
    return Standing([ranking.ids[place] for place in kept], ranking.relevances[kept])
