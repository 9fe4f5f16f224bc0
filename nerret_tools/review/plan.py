"""What to judge next: the best document by relevance, or one drawn by chance from all that are left.

No choice made here can make the bound wrong (see `bound`); a bad one only costs judgements. Reading by relevance finds;
drawing proves. So one reads as long as that saves more draws than it costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nerret_tools.review.bound import log_stake

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

WINDOW = 400
"""Documents read last by relevance, from which is estimated how many of the next ones are relevant."""

AHEAD = 20
"""Documents: so far one looks ahead, and so many are read by relevance before the first draw."""

LEAST_BET = 0.3
"""Of the supposed chance: a document met against a smaller bet would cost all that was proved before."""

DOUBT = 0.5
"""Relevant documents added to what was met and what was expected, while little was met."""

TRUST = 2.0
"""Relevant documents met by draws that the guess by relevance counts as much as."""


@dataclass(frozen=True)
class Step:
    """What to do next."""

    bet: float | None  # what is bet on a draw (see `bound`); `None`: read the best document by relevance


@dataclass(frozen=True)
class Plan:
    """Decides from what was judged so far."""

    documents: int  # in the whole collection
    target_recall: float  # what is to be proved
    confidence: float  # with which

    def next(self, found: int, relevant: Flags, bets: Floats, relevance: Floats, ahead: Floats) -> Step:
        """Decide, from the relevance of all documents that are left (`ahead`, falling) and from those that were taken.

        Args:
            found: Documents that surely are relevant.
            relevant: ``[n]``, of the documents in the order in which they were taken; some may be doubtful.
            bets: ``[n]``, as for `log_stake`.
            relevance: ``[n]``, theirs.
            ahead: ``[left]``.
        """
        if len(relevant) < AHEAD:
            return Step(None)
        met, left = int(relevant.sum()), len(ahead)
        allowed = self._refuted(found, met) - met
        read = np.isnan(bets)
        trust = (relevant[read][-WINDOW:].sum() + DOUBT) / (relevance[read][-WINDOW:].sum() + DOUBT)
        missing = self._missing(relevant, bets, float(ahead.sum() * trust) + DOUBT)
        rate = min(1.0, float(ahead[:AHEAD].mean() * trust))
        bet = min(1.0, max(LEAST_BET, missing / allowed))
        if not found or missing >= allowed:
            return Step(None if rate >= missing / left else bet)
        needed = self.lacking(found, relevant, bets)
        many = min(AHEAD, left)
        coming = rate * many
        more = allowed + coming * (1 - self.target_recall) / self.target_recall
        saved = _draws(needed, left, missing, allowed) - _draws(needed, left, max(missing - coming, 0.0), more)
        return Step(None if saved > many else bet)

    def lacking(self, found: int, relevant: Flags, bets: Floats) -> float:
        """By how much the logarithm of the stake must still grow until the target is proved; arguments as of `next`."""
        against = self._refuted(found, int(relevant.sum()))
        return -math.log1p(-self.confidence) - log_stake(relevant, bets, self.documents, against)

    def _refuted(self, found: int, met: int) -> int:
        """The least number of relevant documents with which the target would be missed."""
        return max(math.floor(found / self.target_recall + 1e-9), met) + 1

    def _missing(self, relevant: Flags, bets: Floats, guess: float) -> float:
        """Relevant documents that are left, from the guess by relevance and from what draws met."""
        drawn = np.flatnonzero(~np.isnan(bets))
        before: npt.NDArray[np.int64] = (np.cumsum(relevant) - relevant)[drawn]
        met = (relevant[drawn] * guess / (guess + int(relevant.sum()) - before)).sum()  # there were more of them then
        return float((TRUST + met) / (TRUST / guess + (1 / (self.documents - drawn)).sum()))


def _draws(needed: float, left: int, missing: float, allowed: float) -> float:
    """Draws in which the stake grows by `needed`, in expectation, where fewer are missing than would be allowed."""
    missing = max(missing, LEAST_BET * allowed)
    return needed * left / (allowed - missing + missing * math.log(missing / allowed))
