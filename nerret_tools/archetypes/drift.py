"""Schema drift: how a set of types fits the archetypes, one another, and the texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel

from nerret_tools.archetypes.candidates import TypedCandidates
from nerret_tools.archetypes.mediation import Mediation
from nerret_tools.archetypes.schema import TypeDefinition

SHOWN_ARCHETYPES = 3
ALIKE = 0.8  # cosine over which two types are hard to tell apart
SHOWN_OVERLAPS = 20


class TypeReport(BaseModel):
    """One type: its likeliest archetypes with their probabilities, and what it found."""

    type: str
    archetypes: dict[str, float]
    mentions: int
    mean_relevance: float | None


class Overlap(BaseModel):
    """Two types that are alike.

    Attributes:
        types: The two, in alphabetical order.
        similarity: Cosine of their embeddings (mean of names' and definitions').
        contested: Mentions for which they were the best and the second best type.
    """

    types: tuple[str, str]
    similarity: float
    contested: int


class SchemaReport(BaseModel):
    """How a schema fits.

    Attributes:
        types: Every type.
        overlaps: Types that are alike in meaning, or met as rivals most often.
        unreached: Types that no mention was given.
        candidates: Spans that were looked at.
        typed: Spans that got a type.
    """

    types: list[TypeReport]
    overlaps: list[Overlap]
    unreached: list[str]
    candidates: int
    typed: int


def report_schema(
    schema: Sequence[TypeDefinition],
    mediation: Mediation,
    archetypes: Sequence[str],
    typed: Sequence[TypedCandidates],
    chosen: Sequence[Sequence[int]],
) -> SchemaReport:
    """Put the report together, from the candidates of each text and which of them were `chosen`: got a type."""
    count = len(schema)
    relevances: list[list[float]] = [[] for _ in schema]
    contested = np.zeros((count, count), dtype=np.int64)
    for one, kept in zip(typed, chosen, strict=True):
        for position in kept:
            best, runner = int(one.types[position]), int(one.runners[position])
            relevances[best].append(float(one.relevances[position]))
            contested[min(best, runner), max(best, runner)] += 1
    similarity = (mediation.names @ mediation.names.T + mediation.definitions @ mediation.definitions.T) / 2
    return SchemaReport(
        types=[
            TypeReport(
                type=one.label,
                archetypes={
                    archetypes[column]: round(float(row[column]), 3) for column in np.argsort(-row)[:SHOWN_ARCHETYPES]
                },
                mentions=len(found),
                mean_relevance=float(np.mean(found)) if found else None,
            )
            for one, row, found in zip(schema, mediation.archetypes, relevances, strict=True)
        ],
        overlaps=_overlaps(schema, similarity, contested),
        unreached=[one.label for one, found in zip(schema, relevances, strict=True) if not found],
        candidates=sum(len(one.spans) for one in typed),
        typed=sum(len(kept) for kept in chosen),
    )


def _overlaps(schema: Sequence[TypeDefinition], similarity: np.ndarray, contested: np.ndarray) -> list[Overlap]:
    firsts, seconds = np.triu_indices(len(schema), 1)
    order = sorted(
        zip(firsts.tolist(), seconds.tolist(), strict=True),
        key=lambda pair: (-similarity[pair], -contested[pair], pair),
    )
    alike = [pair for pair in order if similarity[pair] > ALIKE]
    rivals = sorted((pair for pair in order if contested[pair]), key=lambda pair: (-contested[pair], pair))
    pairs = list(dict.fromkeys([*alike, *rivals]))[:SHOWN_OVERLAPS]
    return [
        Overlap(
            types=(schema[a].label, schema[b].label),
            similarity=round(float(similarity[a, b]), 3),
            contested=int(contested[a, b]),
        )
        for a, b in pairs
    ]
