"""The documents of an index as one type orders them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nerret_tools.documents import Document
from nerret_tools.entity_query import Asked
from nerret_tools.errors import ReviewError
from nerret_tools.review.collection import Identity, ReviewDocument
from nerret_tools.searching import Searcher

SHOWN_MENTIONS = 5
"""Of a document: what a judge looks at first."""


class IndexedCollection:
    """All documents of an index, those with a mention by its score, the others after them; see `Collection`.

    Raises:
        EntityTypeError: What is asked is no type.
        ReviewError: The index has no document, or is being written to.
    """

    def __init__(self, searcher: Searcher, asked: Asked) -> None:
        store = searcher.store
        generation = store.generation()
        self._searcher = searcher
        self._scores, ranking = searcher.scores(asked)
        every = store.matching({})
        ranked = [one for one in ranking.ids if one in every]
        if store.generation() != generation or len(ranked) != len(ranking.ids):
            raise ReviewError("the index is being written to: begin the review when that is done")
        if not every:
            raise ReviewError("the index has no documents: add some before the review")
        self._asked = asked
        self.entity_type = str(asked)
        self.ids: Sequence[str] = ranked + sorted(every.difference(ranked))
        known = np.clip(ranking.scores if np.isnan(ranking.relevances).any() else ranking.relevances, 0.0, 1.0)
        self.relevances: np.ndarray = np.concatenate([known, np.zeros(len(self.ids) - len(ranked))])
        self.identity = Identity(store.name, store.index_id, generation, str(store.identity["fingerprint"]))
        scan = self._scores.scan
        self._places = {str(scan.document_ids[place]): place for place in np.flatnonzero(scan.live).tolist()}

    def generation(self) -> int:
        """See `Collection.generation`."""
        return self._searcher.store.generation()

    def documents(self, ids: Sequence[str]) -> list[ReviewDocument]:
        """See `Collection.documents`."""
        places = [self._places[one] for one in ids if one in self._places]
        hits = self._searcher.look(self._scores, self._asked, places, SHOWN_MENTIONS) if places else []
        found = {
            hit.document_id: ReviewDocument(document=hit.document, mentions=hit.mentions, relevance=hit.relevance)
            for hit in hits
        }
        for one in self._searcher.store.documents([one for one in ids if one not in self._places]):
            document = Document(id=one.id, text=one.text, metadata=one.metadata)
            found[one.id] = ReviewDocument(document=document, mentions=[], relevance=0.0)
        return [found[one] for one in ids if one in found]
