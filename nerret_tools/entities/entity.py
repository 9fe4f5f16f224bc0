"""What a list of entities gives."""

from __future__ import annotations

from pydantic import BaseModel


class Surface(BaseModel):
    """One spelling of an entity.

    Attributes:
        text: As it is written.
        count: Mentions that are written so.
        reason: Why it is one with the entity's name, such as ``letter case`` or ``short form of
            "Angela Merkel" in d17``; empty for the name itself.
    """

    text: str
    count: int
    reason: str


class EntityEvidence(BaseModel):
    """A mention that shows an entity: the best one of its document.

    Attributes:
        document_id: The document's id.
        text: The surface.
        start: First character in the document's text.
        end: One past the last character.
        score: Cosine with the type, in [-1, 1].
        snippet: The mention with the text around it, in one line.
    """

    document_id: str
    text: str
    start: int
    end: int
    score: float
    snippet: str


class Entity(BaseModel):
    """A thing of the asked type, with all the names that are surely its own.

    Attributes:
        name: Its longest name, in the most frequent spelling.
        surfaces: All spellings, the most frequent first.
        document_count: Documents that mention it, of the whole index.
        mention_count: Mentions over the cut-off, of the whole index; of overlapping ones the best.
        relevance: Calibrated probability that it is of the type, that of its best mention; ``None`` where the
            model has no calibration.
        score: Cosine of its best mention with the type, in [-1, 1].
        evidence: The best mentions of distinct documents, best first.
        cursor: Pass it to the next ``entities`` to go on right behind this one; ``None`` for the last of the list.
    """

    name: str
    surfaces: list[Surface]
    document_count: int
    mention_count: int
    relevance: float | None
    score: float
    evidence: list[EntityEvidence]
    cursor: str | None = None


class EntityPage(BaseModel):
    """One page of the answer to `EntityIndex.entities`.

    Attributes:
        entity_type: The type as it was asked for.
        total: Entities in all pages together.
        entities: This page's, best first, ties in the order of their names.
        next_cursor: Pass it to the next ``entities``; ``None`` on the last page.
        min_score: The cosine below which no mention counts; ``None``: no cut-off.
        min_relevance: The relevance that this cut-off stands for; ``None`` without a calibration.
        expected_recall: The share of all right documents that is expected over this cut-off, as of `FindResult`.
        generic_mentions: Mentions over the cut-off that are only the type's own words ("the airline"), and so
            name nothing.
    """

    entity_type: str
    total: int
    entities: list[Entity]
    next_cursor: str | None
    min_score: float | None
    min_relevance: float | None
    expected_recall: float | None = None
    generic_mentions: int
