"""Types in, pages of documents with their evidence out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nerret_tools.archetypes.mediation import ARCHETYPES_FILE, ArchetypeHead
from nerret_tools.documents import Document, FindResult, Hit, Mention
from nerret_tools.entities import EntityPage
from nerret_tools.entities.generic import GenericNames
from nerret_tools.entities.listing import EntityLister
from nerret_tools.entities.surfaces import Surfaces
from nerret_tools.entity_query import Asked, EntityQuery, types_of, wanted_of
from nerret_tools.errors import FilterError
from nerret_tools.models import Calibration, Model
from nerret_tools.models.spec import CALIBRATION_FILE
from nerret_tools.ranking import (
    Cursor,
    Evidence,
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
    tell_apart,
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

EVIDENCE_POOL = 4
"""Mentions that are looked at for each one that is shown: some overlap, some repeat a name."""


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
    """Answers types over a store.

    Args:
        store: What is searched.
        model: Encodes the types; loaded for the first of them.
    """

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
    def _archetypes(self) -> ArchetypeHead | None:
        """Names mentions' archetypes, where the model has such a head."""
        file = self.spec.weights / ARCHETYPES_FILE
        return ArchetypeHead.load(file) if file.is_file() else None

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

    def scores(self, entity_type: str) -> tuple[Scores, Ranking]:
        """Score all mentions for a type once, for `look`, and rank all documents that have any."""
        self._check([entity_type])
        (scores,) = self._scores(self.store.scan(), [entity_type])
        page = rank_page(scores)
        return scores, Ranking(page.document_ids, page.scores, relevances(self._curve, page.scores))

    def look(self, scores: Scores, entity_type: str, places: Sequence[int], max_mentions: int) -> list[Hit]:
        """Fetch documents with their best mentions, whatever their rank; those that are gone meanwhile are left out.

        Args:
            scores: Of `scores` for this type.
            entity_type: The type.
            places: Theirs in `Scan.document_ids`.
            max_mentions: Mentions shown a document.
        """
        documents = np.array(places, dtype=np.int64)
        ids = scores.scan.document_ids[documents].tolist()
        page = Page(documents, ids, scores.of_documents(documents), 0, len(ids))
        return self._hits(entity_type, scores, page, [None] * len(ids), Limits(None), max_mentions)

    @cached_property
    def _lister(self) -> EntityLister:
        return EntityLister(self.store, self._curve)

    def entities(self, asked: Asked, search: Search) -> EntityPage:
        """List the entities of a type or combination."""
        self._check([asked], search)
        allowed = self._allowed(search)
        (scores,) = self._scores(self.store.scan(), [asked])
        stops = limits(self._curve, search, scores, scores.documents(allowed))
        return self._lister.page(asked, scores, allowed, search, stops.min_score, stops.min_relevance)

    def sample(self, limit: int, asked: Asked | None) -> MentionSample:
        """Draw mentions by chance."""
        self._check([] if asked is None else [asked])
        scan = self.store.scan()
        rows = draw_rows(scan, limit)
        starts, ends, surfaces = self._surfaces.read(scan, rows)
        there = np.array([bool(one) for one in surfaces], dtype=bool)
        rows, vectors = rows[there], np.asarray(scan.vectors[rows[there]], dtype=np.float32)
        scores = next(self._scores(scan, [asked])).of_mentions(rows) if asked else np.full(len(rows), np.nan)
        archetypes = [None] * len(rows) if self._archetypes is None else self._archetypes.likeliest(vectors)
        own_words = None if asked is None else GenericNames(*wanted_of(asked))
        mentions = [
            Mention(
                text=text,
                start=start,
                end=end,
                score=None if own_words is None else score,
                archetype=archetype,
                generic=own_words is not None and own_words.says_the_type(text),
            )
            for text, start, end, score, archetype in zip(
                filter(None, surfaces),
                starts[there].tolist(),
                ends[there].tolist(),
                scores.tolist(),
                archetypes,
                strict=True,
            )
        ]
        return MentionSample(
            mentions=mentions,
            document_ids=scan.document_ids[np.searchsorted(scan.offsets, rows, side="right") - 1].tolist(),
            embeddings=vectors,
            relevances=None if asked is None or self._curve is None else relevances(self._curve, scores),
            documents_with_mentions=int(scan.live.sum()),
        )

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
        """Fetch the page's documents and at most so many of their best mentions."""
        pool, min_score = most * EVIDENCE_POOL, stops.min_score
        evidence = gather_evidence(scores, page.documents, min_score=min_score, max_mentions=pool)
        shown = self._mentions(scores, evidence, GenericNames(*wanted_of(asked)))
        documents = {one.id: one for one in self.store.documents(page.document_ids)}
        probable = relevances(self._curve, page.scores).tolist()
        hits = []
        for number, (document_id, cursor) in enumerate(zip(page.document_ids, cursors, strict=True)):
            stored = documents.get(document_id)
            if stored is None:
                continue  # deleted by another client since the scan was taken
            own = shown[evidence.offsets[number] : evidence.offsets[number + 1]]
            hits.append(
                Hit(
                    document_id=document_id,
                    score=float(page.scores[number]),
                    relevance=None if self._curve is None else probable[number],
                    mentions=tell_apart([one for one in own if one is not None], most),
                    mention_count=int(evidence.counts[number]),
                    document=Document(id=stored.id, text=stored.text, metadata=stored.metadata),
                    cursor=cursor,
                )
            )
        return hits

    def _mentions(self, scores: Scores, evidence: Evidence, own_words: GenericNames) -> list[Mention | None]:
        """Each of the evidence's mentions with what its score is made of; None where it is gone meanwhile."""
        scan = scores.scan
        keys = [scan.mention_key(row) for row in evidence.rows.tolist()]
        stored = self.store.mentions(keys)
        vectors = scan.vectors[evidence.rows]
        entities = contexts = None
        if self.spec.context_dimension and scores.query is not None:
            pairs = zip(self.spec.parts_of(vectors), self.spec.parts_of(scores.query), strict=True)
            entities, contexts = (_cosines(part, wanted) for part, wanted in pairs)
        archetypes = None if self._archetypes is None else self._archetypes.likeliest(vectors)
        return [
            None
            if (found := stored.get(key)) is None
            else Mention(
                text=found.text,
                start=found.start,
                end=found.end,
                score=score,
                entity_score=None if entities is None else entities[place],
                context_score=None if contexts is None else contexts[place],
                archetype=None if archetypes is None else archetypes[place],
                generic=own_words.says_the_type(found.text),
            )
            for place, (key, score) in enumerate(zip(keys, evidence.scores.tolist(), strict=True))
        ]


def _cosines(vectors: np.ndarray, query: np.ndarray) -> list[float]:
    """Cosines ``[n]`` of vectors ``[n, d]`` with a query ``[d]``."""
    exact = vectors.astype(np.float64)
    lengths = np.maximum(np.linalg.norm(exact, axis=1) * np.linalg.norm(query), 1e-12)
    products = (exact * query).sum(axis=1)  # a matrix product's last decimal depends on how many rows there are
    rounded: list[float] = np.round(products / lengths, SCORE_DECIMALS).tolist()
    return rounded
