"""Where a review stands, in numbers and in words."""

from __future__ import annotations

from collections import Counter

import numpy as np
from pydantic import BaseModel

from nerret_tools.review.bound import least_recall, most_relevant
from nerret_tools.review.journal import Header
from nerret_tools.review.tally import Tally


class ReviewStatus(BaseModel):
    """What the judgements of a review add up to, and what they prove.

    Attributes:
        entity_type: What is looked for.
        documents: In the whole collection.
        judged: Documents with a verdict, "unsure" among them.
        found: Documents with the verdict "yes".
        unsure: Documents with the verdict "unsure"; counted as relevant and not found.
        unjudged: Documents that were handed out and have no verdict, counted likewise until they have one.
        failures: Times that a judge gave no verdict.
        by_chance: Documents that were drawn by chance from all that were left.
        most_relevant: No more documents than this are relevant in all, with the confidence.
        recall: The least share of the relevant documents that is found, with the confidence: a lower bound.
        target_recall: The share that was asked for.
        confidence: Of `most_relevant` and `recall`, whenever one looks at them.
        done: Whether `recall` reaches the target.
        reviewers: Judged documents by reviewer.
    """

    entity_type: str
    documents: int
    judged: int
    found: int
    unsure: int
    unjudged: int
    failures: int
    by_chance: int
    most_relevant: int
    recall: float
    target_recall: float
    confidence: float
    done: bool
    reviewers: dict[str, int]

    @classmethod
    def of(cls, header: Header, tally: Tally, target_recall: float) -> ReviewStatus:
        """Add up what was judged."""
        bets = np.array(tally.bets)
        most = most_relevant(tally.relevant(pending=True), bets, header.documents, header.confidence)
        recall = least_recall(tally.found, most)
        return cls(
            entity_type=header.entity_type,
            documents=header.documents,
            judged=len(tally.judged),
            found=tally.found,
            unsure=tally.unsure,
            unjudged=len(tally.open),
            failures=tally.failures,
            by_chance=int((~np.isnan(bets)).sum()),
            most_relevant=most,
            recall=recall,
            target_recall=target_recall,
            confidence=header.confidence,
            done=recall >= target_recall,
            reviewers=dict(Counter(entry.by for entry in tally.judged.values())),
        )

    @property
    def certificate(self) -> str:
        """What is proved, in words; also where that is not yet the target."""
        share, sure = f"{self.recall:.1%}", f"{self.confidence:.0%}"
        told = (
            f"{self.found:,} of {self.documents:,} documents were found to mention “{self.entity_type}”; "
            f"{self.judged:,} were judged, {self.by_chance:,} of them drawn by chance from the whole collection."
        )
        if self.judged == self.documents and not self.unsure:
            proved = "Every document was judged: nothing is missing."
        elif self.done and not self.found:
            proved = "No other document is relevant."
        else:
            proved = (
                f"With {sure} confidence at most {self.most_relevant:,} documents are relevant in all, so that at "
                f"least {share} of them are found"
            )
            proved += "." if self.done else f": the target of {self.target_recall:.0%} is not reached yet."
        open_ = []
        if self.unsure:
            open_.append(f"{self.unsure:,} judged as unsure")
        if self.unjudged:
            open_.append(f"{self.unjudged:,} handed out without a verdict")
        counted = f" Counted as missing: {' and '.join(open_)}." if open_ else ""
        return f"{told} {proved}{counted}"
