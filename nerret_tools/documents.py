"""What goes in and what comes out: documents, mentions, hits, reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from nerret_tools.metadata import plain


class Span(BaseModel):
    """Character offsets ``[start, end)`` in a document's text.

    A pair ``(start, end)`` is accepted wherever a span is.
    """

    model_config = ConfigDict(frozen=True)

    start: int
    end: int

    @model_validator(mode="before")
    @classmethod
    def _from_pair(cls, value: Any) -> Any:
        if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
            return {"start": value[0], "end": value[1]}
        return value


class Document(BaseModel):
    """What a user puts in and gets back.

    Attributes:
        id: The user's own identifier, unique in an index; whole numbers and the like become text. Compared character
            by character: composed and parted accents (Unicode's normal forms C and D) are different ids, and
            different values for ``where``.
        text: The text that is searched for mentions.
        metadata: Anything that JSON can hold, or that has a form there: dates, decimals, UUIDs, paths, NumPy's values.
            Strings, numbers and booleans can be filtered by ``where``; other values are kept and returned as they are.
        spans: The mentions, when they are known (gold spans, or a detector of the user's own).
            ``None`` means that the index's detector finds them.
    """

    id: str
    text: str
    metadata: dict[str, Any] = Field(default_factory=dict)
    spans: list[Span] | None = None

    @field_validator("id", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        found = plain(value)
        return str(found) if isinstance(found, int) and not isinstance(found, bool) else found


class Mention(BaseModel):
    """A span that names an entity, with its surface text.

    Attributes:
        text: The surface.
        start: First character in the document's text.
        end: One past the last character.
        score: Cosine of its embedding with the entity type's, in [-1, 1]; ``None`` where no type
            was asked for (``EntityIndex.mentions``).
        relevance: Calibrated probability that it is of the type; ``None`` as the score, and without a calibration.
        entity_score: The part of the score that the mention itself has: a cosine too.
        context_score: The part that the text around it has; ``None`` where the model does not read contexts.
            The score is the weighted mean of both.
        archetype: The universal category that the mention itself is likeliest of (SAM-NER), such as
            ``Person``: evidence, it does not count in the score; ``None`` where no type was asked for
            or the model has no archetypes.
        generic: Whether it is only the type's own word, "the airline": it may find a document, but counts no more than
            an even chance, so that names come first, and is no entity.
        repeats: Where else in the document the same name stands over the cut-off, best first.
    """

    text: str
    start: int
    end: int
    score: float | None = None
    relevance: float | None = None
    entity_score: float | None = None
    context_score: float | None = None
    archetype: str | None = None
    generic: bool = False
    repeats: list[Span] = Field(default_factory=list)


class Hit(BaseModel):
    """One document of an answer, with its evidence.

    Attributes:
        document_id: The document's id.
        score: Cosine of the best mention's embedding with the entity type's, in [-1, 1].
        relevance: Calibrated probability that the document mentions such an entity, in [0, 1];
            ``None`` where the model has no calibration.
        mentions: Its distinct names over the cut-off, at most ``max_mentions``, each by its best mention; none overlaps
            a better one. Of several types that share a document, the best of each comes first.
        mention_count: How many such names there are, shown or not; all their places with scores has
            ``EntityIndex.mentions``.
        document: The document itself.
        cursor: Pass it to the next ``find`` to go on right behind this document, wherever the page ends;
            ``None`` behind the last one of all.
    """

    document_id: str
    score: float
    relevance: float | None
    mentions: list[Mention]
    mention_count: int
    document: Document
    cursor: str | None = None


class FindResult(BaseModel):
    """One page of the answer to `EntityIndex.find`.

    Attributes:
        entity_type: The type as it was asked for.
        hits: This page's documents, best first, ties broken by id.
        total: Documents over the cut-off, in all pages together.
        next_cursor: Pass it to the next ``find``; ``None`` on the last page.
        min_score: The cosine below which no document is listed; ``None``: no cut-off.
        min_relevance: The relevance that this cut-off stands for; ``None`` where the model has no
            calibration, as the following.
        expected_relevant: How many of the ``total`` documents are expected to be right: the sum of their relevance.
        expected_recall: The share of all right documents of the index (those that ``where`` allows) that is expected
            among these; with ``max_relevance``, among these and those over it. A mention that was not detected is in
            neither. Cautious: more is taken to be left out than relevances alone say, as it is on texts of new kinds.
    """

    entity_type: str
    hits: list[Hit]
    total: int
    next_cursor: str | None = None
    min_score: float | None = None
    min_relevance: float | None
    expected_relevant: float | None = None
    expected_recall: float | None = None


class FailedDocument(BaseModel):
    """A document that was not indexed, and why.

    Attributes:
        id: Its id, where it has one.
        position: In the input, from 0; ``None`` for what never became a document.
        reason: Why.
        source: The file that it came from, where it is known.
        line: The line or row there, from 1.
    """

    id: str | None
    position: int | None = None
    reason: str
    source: str | None = None
    line: int | None = None


class AddReport(BaseModel):
    """What an `EntityIndex.add` did.

    ``mentions`` counts the mentions written for added and updated documents.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    mentions: int = 0
    failed: list[FailedDocument] = Field(default_factory=list)


class IndexStats(BaseModel):
    """What an index holds and what it was built with."""

    name: str
    location: str
    index_id: str
    generation: int
    documents: int
    mentions: int
    dimension: int
    model: str
    fingerprint: str
    precision: str
    details: Mapping[str, Any] = Field(default_factory=dict)
