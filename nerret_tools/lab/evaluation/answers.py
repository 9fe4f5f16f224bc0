"""What an index answers to every type, in the form that the figures are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nerret_tools.lab.evaluation.labelled import LabelledData

if TYPE_CHECKING:
    from nerret_tools.index import EntityIndex
    from nerret_tools.searching import Ranking


@dataclass(frozen=True)
class Answers:
    """Complete rankings with their default cut-offs."""

    rankings: dict[str, Ranking]  # label → all documents with a mention, best first
    # label → the relevance under which a document is not listed by default; empty where the model has no
    # calibration:
    cutoffs: dict[str, float]

    @property
    def ids(self) -> dict[str, list[str]]:
        """Label → document ids, best first."""
        return {label: ranking.ids for label, ranking in self.rankings.items()}

    @property
    def returned(self) -> dict[str, int] | None:
        """Label → documents over the default cut-off."""
        if not self.cutoffs:
            return None
        return {
            label: int((ranking.relevances >= self.cutoffs[label]).sum()) for label, ranking in self.rankings.items()
        }

    def relevances(self, data: LabelledData, label: str) -> np.ndarray:
        """Relevance of every document ``[documents]``, in the order of the data; 0 without a mention."""
        found = dict(zip(self.rankings[label].ids, self.rankings[label].relevances.tolist(), strict=True))
        return np.array([found.get(document.id, 0.0) for document in data.documents])


def ask(index: EntityIndex, data: LabelledData) -> Answers:
    """Rank all documents of an index for every type of the data."""
    queries = list(data.types.values())
    rankings = dict(zip(data.types, index.rank_many(queries), strict=True))
    if any(np.isnan(ranking.relevances).any() for ranking in rankings.values()):
        return Answers(rankings, {})
    results = index.find_many(queries, limit=1, max_mentions=0)
    cutoffs = {label: result.min_relevance or 0.0 for label, result in zip(data.types, results, strict=True)}
    return Answers(rankings, cutoffs)


def relevant_documents(data: LabelledData, label: str) -> np.ndarray:
    """Whether each document is relevant, ``[documents]`` bool, in the order of the data."""
    return np.array([document.id in data.relevant[label] for document in data.documents])
