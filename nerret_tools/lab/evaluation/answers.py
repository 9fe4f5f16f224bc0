"""What an index answers to every type, in the form that the figures are computed from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nerret_tools.lab.evaluation.labelled import LabelledData

if TYPE_CHECKING:
    from nerret_tools.index import EntityIndex
    from nerret_tools.searching import Ranking

RECALL = 0.9
"""A recall that is asked for, and compared with the one that is reached."""


@dataclass(frozen=True)
class Answers:
    """Complete rankings with their default cut-offs."""

    rankings: dict[str, Ranking]  # label → all documents with a mention that are known, best first
    # label → the relevance under which a document is not listed by default; empty where the model has no
    # calibration:
    cutoffs: dict[str, float]
    for_recall: dict[str, float] = field(default_factory=dict)  # the same where `RECALL` is asked for

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
        """Relevance of every known document ``[documents]``, in the order of the data; 0 without a mention."""
        found = dict(zip(self.rankings[label].ids, self.rankings[label].relevances.tolist(), strict=True))
        return np.array([found.get(one, 0.0) for one in data.known(label)])


def ask(index: EntityIndex, data: LabelledData) -> Answers:
    """Rank all documents of an index for every type of the data."""
    queries = list(data.types.values())
    rankings = {
        label: _known(ranking, data.unknown.get(label))
        for label, ranking in zip(data.types, index.rank_many(queries), strict=True)
    }
    if any(np.isnan(ranking.relevances).any() for ranking in rankings.values()):
        return Answers(rankings, {})
    default, complete = (
        {label: found.min_relevance or 0.0 for label, found in zip(data.types, results, strict=True)}
        for results in (
            index.find_many(queries, limit=1, max_mentions=0),
            index.find_many(queries, limit=1, max_mentions=0, recall=RECALL),
        )
    )
    return Answers(rankings, default, complete)


def _known(ranking: Ranking, unknown: frozenset[str] | None) -> Ranking:
    """A ranking without the documents of which nobody knows whether they are right."""
    if not unknown:
        return ranking
    kept = np.array([one not in unknown for one in ranking.ids], dtype=bool)
    ids = [one for one in ranking.ids if one not in unknown]
    return ranking._replace(ids=ids, scores=ranking.scores[kept], relevances=ranking.relevances[kept])


def relevant_documents(data: LabelledData, label: str) -> np.ndarray:
    """Whether each known document is relevant, ``[documents]`` bool, in the order of the data."""
    return np.array([one in data.relevant[label] for one in data.known(label)])
