"""A review in memory with a judge that is always right: what the method costs, and how often it is right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nerret_tools.review.bound import NO_BET
from nerret_tools.review.plan import Plan

__all__ = ["Simulated", "simulate"]

AT_ONCE = 5
"""Documents that are judged before the next ones are chosen."""


@dataclass(frozen=True)
class Simulated:
    """How a simulated review ended."""

    judged: int
    by_chance: int
    recall: float  # what it really is


def simulate(
    relevant: npt.NDArray[np.bool_],
    relevances: npt.NDArray[np.float64],
    *,
    target_recall: float,
    confidence: float,
    seed: int,
) -> Simulated:
    """Review until the target is certified.

    Args:
        relevant: ``[documents]``, whether each is, the best by relevance first.
        relevances: ``[documents]``, falling.
        target_recall: What is to be certified.
        confidence: With which.
        seed: Of the draws.
    """
    count = len(relevant)
    plan = Plan(count, target_recall, confidence)
    chance = np.random.default_rng(seed).permutation(count)
    left = np.ones(count, dtype=bool)
    order = np.empty(count, dtype=np.int64)
    bets = np.full(count, NO_BET)
    best = next_draw = taken = 0
    while taken < count:
        met = relevant[order[:taken]]
        found = int(met.sum())
        if found and plan.lacking(found, met, bets[:taken]) <= 0:
            break
        step = plan.next(found, met, bets[:taken], relevances[order[:taken]], relevances[left])
        for _ in range(min(AT_ONCE, count - taken)):
            if step.bet is None:
                while not left[best]:
                    best += 1
                place = best
            else:
                while not left[chance[next_draw]]:
                    next_draw += 1
                place = int(chance[next_draw])
                bets[taken] = step.bet
            left[place] = False
            order[taken] = place
            taken += 1
    found = int(relevant[order[:taken]].sum())
    total = int(relevant.sum())
    return Simulated(taken, int((~np.isnan(bets)).sum()), found / total if total else 1.0)
