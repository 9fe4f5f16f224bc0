"""What judgements prove: a bound on how many documents are relevant, which holds however often one looks at it.

Documents are judged one after the other. Some are chosen (the best ones by relevance), the others are drawn by chance
from all that are left. If ``m`` documents were relevant in all, a draw would meet a relevant one with probability
``p = (m - relevant so far) / left``. Before each draw a bet is made that the chance is only ``g * p``: the stake is
multiplied by ``g`` where the document is relevant, else by ``(1 - g p) / (1 - p)``. Where ``m`` is the truth, the
stake stays the same in expectation, so it ever reaches ``1 / (1 - confidence)`` with probability ``1 - confidence`` at
most (Ville's inequality; Waudby-Smith and Ramdas, Confidence sequences for sampling without replacement, 2020).
Whatever decides what is judged next, how much is bet and when to stop may depend on all that was judged before.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NO_BET = math.nan
"""In the place of a bet for a document that was chosen, not drawn."""


def log_stake(relevant: Flags, bets: Floats, documents: int, supposed: int) -> float:
    """The logarithm of the stake against a number of relevant documents; it grows with that number.

    Args:
        relevant: ``[n]``, of the documents in the order in which they were taken.
        bets: ``[n]``, `NO_BET` for those that were not drawn, else over 0 and at most 1.
        documents: In the whole collection.
        supposed: The number of relevant documents that is doubted, not under those met.
    """
    drawn = np.flatnonzero(~np.isnan(bets))
    if not len(drawn):
        return 0.0
    before: npt.NDArray[np.int64] = (np.cumsum(relevant) - relevant)[drawn]
    chances = (supposed - before) / (documents - drawn)
    met, bet = relevant[drawn], bets[drawn]
    missed = chances[~met]
    if len(missed) and missed.max() >= 1.0:
        return math.inf  # all that were left would have been relevant, and one was not
    return float(np.log(bet[met]).sum() + (np.log1p(-bet[~met] * missed) - np.log1p(-missed)).sum())


def most_relevant(relevant: Flags, bets: Floats, documents: int, confidence: float) -> int:
    """The most documents that can be relevant in all, at a confidence such as 0.95; the rest as for `log_stake`."""
    needed = -math.log1p(-confidence)
    met = int(relevant.sum())
    possible, refuted = met, documents - len(relevant) + met + 1  # the number is under `refuted`, as far as is known
    while refuted - possible > 1:
        middle = (possible + refuted) // 2
        if log_stake(relevant, bets, documents, middle) >= needed:
            refuted = middle
        else:
            possible = middle
    return possible


def least_recall(found: int, most: int) -> float:
    """The least share of the relevant documents that is found; 0 where none is, unless there can be none."""
    return found / most if most else 1.0
