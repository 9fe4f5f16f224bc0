"""Types in, pages of documents with their evidence out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nerret_tools.archetypes.mediation import ARCHETYPES_FILE, ArchetypeHead
from nerret_tools.documents import Document, FindResult, Hit, Mention
from nerret_tools.errors import CursorError, FilterError
from nerret_tools.models import Calibration, ModelSpec
from nerret_tools.models.spec import CALIBRATION_FILE
from nerret_tools.ranking import (
    Evidence,
    Page,
    Position,
    decode_cursor,
    encode_cursor,
    gather_evidence,
    rank_page,
    search_digest,
)
from nerret_tools.scan import SCORE_DECIMALS, score_scan
from nerret_tools.storage import ChromaStore
from nerret_tools.texts import check_type

if TYPE_CHECKING:
    from nerret_tools.models.entity_model import EntityModel
    from nerret_tools.scan import Scan

PORTION = 200
"""Documents fetched at a time where the page may end early: fewer calls on one side, less in vain on the other.
The MCP server's default page is fetched at once."""


class _Options(NamedTuple):
    """What is shown of an answer: documents and mentions from a score on, so many mentions of each."""

    min_score: float | None
    max_mentions: int


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


class _Query(NamedTuple):
    """What is compared with the mentions for one type.

    Attributes:
        vector: ``[dimension]``.
        scores: Its approximate products with all mentions ``[n]``.
    """

    vector: np.ndarray
    scores: np.ndarray


class Searcher:
    """Answers types over a store.

    Args:
        store: What is searched.
        spec: The model, for its calibration.
        model: Gives the loaded model.
    """

    def __init__(self, store: ChromaStore, spec: ModelSpec, model: Callable[[], EntityModel]) -> None:
        self.store = store
        self.spec = spec
        self.model = model

    @cached_property
    def _calibration(self) -> Calibration | None:
        """The model's curve from scores to relevance, where it has one."""
        file = self.spec.weights / CALIBRATION_FILE
        return Calibration.load(file) if file.exists() else None

    @cached_property
    def _archetypes(self) -> ArchetypeHead | None:
        """Names mentions' archetypes, where the model has such a head."""
        file = self.spec.weights / ARCHETYPES_FILE
        return ArchetypeHead.load(file) if file.is_file() else None

    def _queries(self, scan: Scan, entity_types: Sequence[str]) -> list[_Query]:
        """Encode the types and compare them with all mentions."""
        vectors = self.model().encode_types(entity_types)
        return [_Query(*one) for one in zip(vectors, score_scan(scan, vectors), strict=True)]

    def find(
        self,
        entity_types: Sequence[str],
        *,
        limit: int | None = None,
        min_score: float | None = None,
        min_relevance: float | None = None,
        where: Mapping[str, Any] | None = None,
        cursor: str | None = None,
        max_mentions: int = 3,
        fits: Callable[[Hit], bool] | None = None,
    ) -> list[FindResult]:
        """Answer each type; see `EntityIndex.find` for the arguments."""
        for entity_type in entity_types:
            check_type(entity_type, "the entity type")
        self._check(limit, min_score, min_relevance, max_mentions)
        if not entity_types:
            return []
        scan = self.store.scan()
        allowed = None if where is None else self.store.matching(where)
        results = []
        cutoff = _cutoff(self._calibration, min_score, min_relevance)
        for entity_type, query in zip(entity_types, self._queries(scan, entity_types), strict=True):
            options = _Options(cutoff, max_mentions)
            digest = search_digest(_plain(entity_type), min_score, min_relevance, where)
            page_limit, after = limit, None
            if cursor is not None:
                page_limit, place = _split_limit(cursor, limit)
                after = decode_cursor(place, index_id=self.store.index_id, generation=scan.generation, digest=digest)
            page = rank_page(
                scan,
                query.vector,
                query.scores,
                allowed=allowed,
                min_score=options.min_score,
                limit=page_limit,
                after=after,
            )
            hits, position = self._fitting(scan, query, page, options, fits)
            following = None
            if position is not None:
                place = encode_cursor(position, index_id=self.store.index_id, generation=scan.generation, digest=digest)
                following = f"{page_limit or page.total}.{place}"
            results.append(
                FindResult(
                    entity_type=entity_type,
                    hits=hits,
                    total=page.total,
                    next_cursor=following,
                    min_score=options.min_score,
                    min_relevance=_relevance(self._calibration, options.min_score),
                )
            )
        return results

    def rank(self, entity_types: Sequence[str]) -> list[Ranking]:
        """Rank all documents with a mention for each type, best first."""
        for entity_type in entity_types:
            check_type(entity_type, "the entity type")
        if not entity_types:
            return []
        scan = self.store.scan()
        pages = [rank_page(scan, query.vector, query.scores) for query in self._queries(scan, entity_types)]
        return [Ranking(page.document_ids, page.scores, _relevances(self._calibration, page.scores)) for page in pages]

    def _check(
        self,
        limit: int | None,
        min_score: float | None,
        min_relevance: float | None,
        max_mentions: int,
    ) -> None:
        if limit is not None and limit < 1:
            raise FilterError(f"limit {limit} is not positive; leave it out to get all documents")
        if max_mentions < 0:
            raise FilterError(f"max_mentions {max_mentions} is negative")
        if min_score is not None and not math.isfinite(min_score):
            raise FilterError(f"min_score {min_score} is not a number")
        if min_relevance is not None and not 0 <= min_relevance <= 1:
            raise FilterError(f"min_relevance {min_relevance} is not between 0 and 1")
        if self._calibration is None and (min_relevance or (min_relevance is None and min_score is None)):
            raise FilterError(
                f"model {self.spec.name} has no calibration: it cannot tell relevance, nor where a list should stop. "
                "Pass min_score=..., a cosine, or min_relevance=0 for the complete ranking; or fit one with "
                "nerret train calibration"
            )

    def _fitting(
        self,
        scan: Scan,
        query: _Query,
        page: Page,
        options: _Options,
        fits: Callable[[Hit], bool] | None,
    ) -> tuple[list[Hit], Position | None]:
        """The page's hits before the first one that does not fit, and where the next page begins."""
        if fits is None:
            return self._hits(scan, query, page, options), page.next
        hits: list[Hit] = []
        for first in range(0, len(page.document_ids), PORTION):
            part = slice(first, first + PORTION)
            portion = replace(
                page,
                documents=page.documents[part],
                document_ids=page.document_ids[part],
                scores=page.scores[part],
            )
            for hit in self._hits(scan, query, portion, options):
                if not fits(hit) and hits:
                    return hits, Position(hits[-1].score, hits[-1].document_id)
                hits.append(hit)
        return hits, page.next

    def _hits(self, scan: Scan, query: _Query, page: Page, options: _Options) -> list[Hit]:
        """Fetch the page's documents and their best mentions."""
        evidence = gather_evidence(
            scan,
            query.vector,
            query.scores,
            page.documents,
            min_score=options.min_score,
            max_mentions=options.max_mentions,
        )
        shown = self._mentions(scan, query.vector, evidence)
        documents = {one.id: one for one in self.store.documents(page.document_ids)}
        relevances = [_relevance(self._calibration, score) for score in page.scores.tolist()]
        hits = []
        for number, document_id in enumerate(page.document_ids):
            stored = documents.get(document_id)
            if stored is None:
                continue  # deleted by another client since the scan was taken
            own = shown[evidence.offsets[number] : evidence.offsets[number + 1]]
            hits.append(
                Hit(
                    document_id=document_id,
                    score=float(page.scores[number]),
                    relevance=relevances[number],
                    mentions=[one for one in own if one is not None],
                    mention_count=int(evidence.counts[number]),
                    document=Document(id=stored.id, text=stored.text, metadata=stored.metadata),
                )
            )
        return hits

    def _mentions(self, scan: Scan, query: np.ndarray, evidence: Evidence) -> list[Mention | None]:
        """Each of the evidence's mentions with what its score is made of; None where it is gone meanwhile."""
        keys = [scan.mention_key(row) for row in evidence.rows.tolist()]
        stored = self.store.mentions(keys)
        vectors = scan.vectors[evidence.rows]
        size = self.spec.context_dimension
        entities = _cosines(vectors[:, :-size], query[:-size]) if size else None
        contexts = _cosines(vectors[:, -size:], query[-size:]) if size else None
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
            )
            for place, (key, score) in enumerate(zip(keys, evidence.scores.tolist(), strict=True))
        ]


def _cutoff(curve: Calibration | None, min_score: float | None, min_relevance: float | None) -> float | None:
    """Both cut-offs as one score; the default one where none is given."""
    if min_score is None and min_relevance is None and curve is not None:
        min_relevance = curve.cutoff
    least = curve.score_at(min_relevance) if curve is not None and min_relevance else None
    given = [cutoff for cutoff in (min_score, least) if cutoff is not None]
    return max(given) if given else None


def _relevances(curve: Calibration | None, scores: np.ndarray) -> np.ndarray:
    """Probabilities ``[n]`` for scores ``[n]``; not a number without a calibration."""
    return np.full(len(scores), np.nan) if curve is None else curve.relevance(scores)


def _relevance(curve: Calibration | None, score: float | None) -> float | None:
    """The same for one; 0 where no score is asked for."""
    if curve is None:
        return None
    return 0.0 if score is None else float(curve.relevance(np.array(score)))


def _cosines(vectors: np.ndarray, query: np.ndarray) -> list[float]:
    """Cosines ``[n]`` of vectors ``[n, d]`` with a query ``[d]``."""
    exact = vectors.astype(np.float64)
    lengths = np.maximum(np.linalg.norm(exact, axis=1) * np.linalg.norm(query), 1e-12)
    products = (exact * query).sum(axis=1)  # a matrix product's last decimal depends on how many rows there are
    rounded: list[float] = np.round(products / lengths, SCORE_DECIMALS).tolist()
    return rounded


def _plain(entity_type: str) -> str:
    """The type as the model sees it: white space around and inside does not matter."""
    return " ".join(entity_type.split())


def _split_limit(cursor: str, limit: int | None) -> tuple[int | None, str]:
    """A cursor carries the page size of its own page, for callers who pass only the cursor."""
    size, separator, rest = cursor.partition(".")
    if not separator or not re.fullmatch("[1-9][0-9]{0,9}", size):
        raise CursorError(f"cursor {cursor[:40]!r} is damaged; pass next_cursor as it came, or start without a cursor")
    return limit if limit is not None else int(size), rest
