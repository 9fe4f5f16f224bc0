"""Types in, pages of documents with their evidence out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nerret_tools.documents import Document, FindResult, Hit, Mention
from nerret_tools.entities import EntityPage
from nerret_tools.entities.generic import GenericNames
from nerret_tools.entities.listing import EntityLister
from nerret_tools.entities.surfaces import Surfaces
from nerret_tools.entity_query import Asked, EntityQuery, types_of, wanted_of
from nerret_tools.errors import FilterError
from nerret_tools.mentions import MentionMaker
from nerret_tools.models import Calibration, Model
from nerret_tools.models.spec import CALIBRATION_FILE
from nerret_tools.ranking import (
    Cursor,
    Limits,
    ListIdentity,
    Page,
    Scores,
    Search,
    combined,
    gather_evidence,
    limits,
    rank_page,
    relevances,
)
from nerret_tools.sampling import MentionSample, draw_rows
from nerret_tools.scan import SCORE_DECIMALS, score_scan
from nerret_tools.storage import ChromaStore
from nerret_tools.texts import check_type

if TYPE_CHECKING:
    from nerret_tools.scan import Scan

READ_MOST = 2_000
"""Mentions that are read to see whether they are the type's own word, the best ones: a tenth of a second. Such words
are what a type matches best."""


class Ranking(NamedTuple):
    """All documents that have a mention, for one type, best first.

    Attributes:
        ids: ``n`` of them.
        scores: ``[n]``.
        relevances: ``[n]``; not a number where the model has no calibration.
    """

    ids: list[str]
    scores: np.ndarray
    relevances: np.ndarray


class Searcher:
    """Answers types over a store; the model, which encodes them, is loaded for the first."""

    def __init__(self, store: ChromaStore, model: Model) -> None:
        self.store = store
        self.model = model
        self.spec = model.spec
        self._surfaces = Surfaces(store)

    @cached_property
    def _curve(self) -> Calibration | None:
        """The model's curve from scores to relevance, where it has one."""
        file = self.spec.weights / CALIBRATION_FILE
        return Calibration.load(file) if file.exists() else None

    @cached_property
    def _mentions(self) -> MentionMaker:
        return MentionMaker(self.spec, self._curve, self._surfaces)

    def find(self, questions: Sequence[Asked], search: Search) -> list[FindResult]:
        """Answer each type or combination."""
        self._check(questions, search)
        if not questions:
            return []
        scan = self.store.scan()
        allowed = self._allowed(search)
        return [
            self._page(asked, scores, allowed, search)
            for asked, scores in zip(questions, self._scores(scan, questions), strict=True)
        ]

    def rank(self, questions: Sequence[Asked]) -> list[Ranking]:
        """Rank all documents with a mention for each type or combination, best first."""
        self._check(questions)
        if not questions:
            return []
        pages = [rank_page(scores) for scores in self._scores(self.store.scan(), questions)]
        return [Ranking(page.document_ids, page.scores, relevances(self._curve, page.scores)) for page in pages]

    def scores(self, asked: Asked) -> tuple[Scores, Ranking]:
        """Score all mentions for a type once, for `look`, and rank all documents that have any."""
        self._check([asked])
        (scores,) = self._scores(self.store.scan(), [asked])
        page = rank_page(scores)
        return scores, Ranking(page.document_ids, page.scores, relevances(self._curve, page.scores))

    def look(self, scores: Scores, asked: Asked, places: Sequence[int], max_mentions: int) -> list[Hit]:
        """Fetch documents with their best mentions, whatever their rank; those that are gone meanwhile are left out.

        Args:
            scores: Of `scores` for this type.
            asked: The type or combination.
            places: Theirs in `Scan.document_ids`.
            max_mentions: Mentions shown a document.
        """
        documents = np.array(places, dtype=np.int64)
        ids = scores.scan.document_ids[documents].tolist()
        page = Page(documents, ids, scores.of_documents(documents), 0, len(ids))
        return self._hits(asked, scores, page, [None] * len(ids), Limits(None), max_mentions)

    @cached_property
    def _lister(self) -> EntityLister:
        return EntityLister(self.store, self._curve, self._surfaces)

    def entities(self, asked: Asked, search: Search) -> EntityPage:
        """List the entities of a type or combination."""
        self._check([asked], search)
        allowed = self._allowed(search)
        (scores,) = self._scores(self.store.scan(), [asked])
        stops = limits(self._curve, search, scores, scores.documents(allowed))
        return self._lister.page(asked, scores, allowed, search, stops)

    def sample(self, limit: int, asked: Asked | None) -> MentionSample:
        """Draw mentions by chance."""
        self._check([] if asked is None else [asked])
        scan = self.store.scan()
        rows = draw_rows(scan, limit)
        scores = None if asked is None else next(self._scores(scan, [asked]))
        exact = None if scores is None else scores.of_mentions(rows)
        own_words = None if asked is None else GenericNames(*wanted_of(asked))
        made = self._mentions.make(scan, rows, own_words, scores, exact)
        there = np.array([bool(one.text) for one in made], dtype=bool)
        return MentionSample(
            mentions=[one for one in made if one.text],
            document_ids=scan.document_ids[np.searchsorted(scan.offsets, rows[there], side="right") - 1].tolist(),
            embeddings=np.asarray(scan.vectors[rows[there]], dtype=np.float32),
            relevances=None if exact is None or self._curve is None else relevances(self._curve, exact[there]),
            documents_with_mentions=int(scan.live.sum()),
        )

    def mentions(self, document_id: str, asked: Asked | None) -> list[Mention]:
        """All mentions of a document by place, with what they score where a type is asked for."""
        if asked is None:
            _, count = self.store.known([document_id]).get(document_id, ("", 0))
            stored = self.store.mentions([(document_id, number) for number in range(count)]).values()
            plain = [Mention(text=one.text, start=one.start, end=one.end) for one in stored]
            return sorted(plain, key=lambda one: (one.start, one.end))
        self._check([asked])
        scan = self.store.scan()
        found = np.flatnonzero((scan.document_ids == document_id) & scan.live)
        (scores,) = self._scores(scan, [asked])
        rows, _ = scores.rows(found)
        made = self._mentions.make(scan, rows, GenericNames(*wanted_of(asked)), scores, scores.of_mentions(rows))
        return sorted((one for one in made if one.text), key=lambda one: (one.start, one.end))

    def _allowed(self, search: Search) -> AbstractSet[str] | None:
        """Ids of the documents that may be listed; None: all."""
        matching = None if search.where is None else self.store.matching(search.where)
        if search.ids is None:
            return matching
        return frozenset(search.ids) if matching is None else matching.intersection(search.ids)

    def _check(self, questions: Sequence[Asked], search: Search | None = None) -> None:
        for asked in questions:
            if not isinstance(asked, EntityQuery):
                check_type(asked, "the entity type")
        if self._curve is not None:
            return
        if any(isinstance(asked, EntityQuery) for asked in questions):
            raise FilterError(
                f"model {self.spec.name} has no calibration, by which types are combined: ask for each by itself"
            )
        if search is None:
            return
        asked_for = search.min_relevance or search.max_relevance is not None or search.recall is not None
        if asked_for or (search.min_relevance is None and search.min_score is None):
            raise FilterError(
                f"model {self.spec.name} has no calibration: it cannot tell relevance, nor where a list should stop. "
                "Pass min_score=..., a cosine, or min_relevance=0 for the complete ranking; or fit one with "
                "nerret train --only calibration"
            )

    def _scores(self, scan: Scan, questions: Sequence[Asked]) -> Iterator[Scores]:
        """Encode all types and compare them with all mentions, in one pass."""
        types = list(dict.fromkeys(one for asked in questions for one in types_of(asked)))
        queries = self.model.load().encode_types(types)
        rows = dict(zip(types, zip(queries, score_scan(scan, queries), strict=True), strict=True))
        for asked in questions:
            parts = [self._score(scan, one, *rows[one]) for one in types_of(asked)]
            if isinstance(asked, str) or self._curve is None:
                yield parts[0]
            else:
                yield combined(parts, asked, self._curve)

    def _score(self, scan: Scan, entity_type: str, query: np.ndarray, approximate: np.ndarray) -> Scores:
        # Whether a document names such an entity, or only the kind, is an even chance at best
        even = None if self._curve is None else self._curve.score_at(0.5)
        cap = math.inf if even is None else math.floor(even * 10**SCORE_DECIMALS) / 10**SCORE_DECIMALS
        scores = Scores(scan, query, approximate)
        generic = self._generic(entity_type, scores, cap)
        return Scores(scan, query, approximate, capped=generic, cap=cap) if len(generic) else scores

    def _generic(self, entity_type: str, scores: Scores, cap: float) -> np.ndarray:
        """Rows of mentions over the cap that are only the type's own word, among the `READ_MOST` best."""
        rows = np.flatnonzero(scores.most > cap)
        if len(rows) > READ_MOST:
            rows = rows[np.argsort(-scores.of_mentions(rows), kind="stable")[:READ_MOST]]
        own_words = GenericNames(entity_type)
        _, _, surfaces = self._surfaces.read(scores.scan, rows)
        known = {surface: own_words.says_the_type(surface) for surface in set(surfaces)}
        generic: np.ndarray = rows[np.array([known[surface] for surface in surfaces], dtype=bool)]
        return generic

    def _page(self, asked: Asked, scores: Scores, allowed: AbstractSet[str] | None, search: Search) -> FindResult:
        identity = ListIdentity(self.store.index_id, scores.scan.generation, search.identity(asked))
        place = None if search.cursor is None else Cursor.decode(search.cursor, identity)
        limit = search.limit or (place.size if place else 0)
        documents = scores.documents(allowed)
        list_limits = limits(self._curve, search, scores, documents)
        min_score = list_limits.min_score
        listed = scores.between(documents, min_score, list_limits.max_score)
        page = rank_page(scores, listed, start=place.place if place else 0, limit=limit or None)
        cursors = [
            None if behind >= page.total else Cursor(behind, limit).encode(identity)
            for behind in range(page.start + 1, page.start + len(page.documents) + 1)
        ]
        return FindResult(
            entity_type=str(asked),
            hits=self._hits(asked, scores, page, cursors, list_limits, search.max_mentions),
            total=page.total,
            next_cursor=cursors[-1] if cursors else None,
            min_score=min_score,
            min_relevance=list_limits.min_relevance,
            expected_relevant=list_limits.expected_relevant,
            expected_recall=list_limits.expected_recall,
        )

    def _hits(
        self, asked: Asked, scores: Scores, page: Page, cursors: Sequence[str | None], stops: Limits, most: int
    ) -> list[Hit]:
        """Fetch the page's documents and at most so many of their names."""
        evidence = gather_evidence(scores, page.documents, min_score=stops.min_score, max_mentions=None)
        names, counts = self._mentions.names(scores, evidence, GenericNames(*wanted_of(asked)), most)
        stored = self.store.documents(page.document_ids)
        documents = {one.id: Document(id=one.id, text=one.text, metadata=one.metadata) for one in stored}
        probable = relevances(self._curve, page.scores).tolist()
        return [
            Hit(
                document_id=document_id,
                score=float(page.scores[number]),
                relevance=None if self._curve is None else probable[number],
                mentions=names[number],
                mention_count=counts[number],
                document=Document(
                    id=document_id, text=documents[document_id].text, metadata=documents[document_id].metadata
                ),
                cursor=cursor,
            )
            for number, (document_id, cursor) in enumerate(zip(page.document_ids, cursors, strict=True))
            if document_id in documents  # not deleted by another client since the scan was taken
        ]
