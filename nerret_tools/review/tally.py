"""What the lines of a review add up to."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from nerret_tools.review.bound import NO_BET
from nerret_tools.review.journal import Entry


@dataclass
class Tally:
    """The state of a review.

    A document is taken when it is first shown or judged; the order of the taken ones is what the bound is about. One
    that was taken and has no verdict, or "unsure", counts as relevant and not found: nothing is proved by not looking.
    """

    order: list[str] = field(default_factory=list)  # ids of the taken documents, in order
    bets: list[float] = field(default_factory=list)  # what was bet on each, `bound.NO_BET` where it was chosen
    judged: dict[str, Entry] = field(default_factory=dict)  # verdicts by id: the lines, the last one of each document
    # Lines that showed a document which has no verdict yet, by id, the last one of each
    open: dict[str, Entry] = field(default_factory=dict)
    # Lines in which a judge gave no verdict, by the id of documents which have none yet
    failed: dict[str, Entry] = field(default_factory=dict)
    failures: int = 0  # such lines in all
    _places: dict[str, int] = field(default_factory=dict)

    def add(self, entries: Iterable[Entry]) -> None:
        """Count lines in."""
        for entry in entries:
            name = entry.document
            if name not in self._places:
                self._places[name] = len(self.order)
                self.order.append(name)
                self.bets.append(NO_BET if entry.bet is None else entry.bet)
            if entry.done == "judged":
                self.judged.pop(name, None)  # so that the last one comes last
                self.judged[name] = entry
                self.open.pop(name, None)
                self.failed.pop(name, None)
            elif entry.done == "undone":
                self.judged.pop(name, None)
                self.open[name] = entry
            elif name not in self.judged:
                self.open[name] = entry
                if entry.done == "failed":
                    self.failures += 1
                    self.failed[name] = entry

    def in_hand(self, name: str, since: datetime) -> tuple[list[str], list[str]]:
        """Documents without a verdict that a reviewer has in hand, and those that others gave up or let lie.

        What others were handed before `since` is free again.
        """
        own: list[str] = []
        others: list[str] = []
        for one, entry in self.open.items():
            if entry.by != name:
                if entry.done == "failed" or datetime.fromisoformat(entry.at) < since:
                    others.append(one)
            elif entry.done == "undone":
                own.insert(0, one)
            elif entry.done == "shown":
                own.append(one)
        return own, others

    def was_drawn(self, document_id: str) -> bool:
        """Whether a document was drawn by chance."""
        place = self._places.get(document_id)
        return place is not None and not math.isnan(self.bets[place])

    def relevant(self, *, pending: bool) -> np.ndarray:
        """Whether each taken document is relevant, ``[taken]`` bool; "unsure" counts as relevant.

        `pending`: what those without a verdict count as.
        """
        verdicts = {name: entry.verdict != "no" for name, entry in self.judged.items()}
        return np.array([verdicts.get(name, pending) for name in self.order], dtype=bool)

    @property
    def found(self) -> int:
        """Documents with the verdict "yes"."""
        return sum(entry.verdict == "yes" for entry in self.judged.values())

    @property
    def unsure(self) -> int:
        """Documents with the verdict "unsure"."""
        return sum(entry.verdict == "unsure" for entry in self.judged.values())
