"""Rows of a scan as mentions: what they read, where, and what their scores are made of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from nerret_tools.archetypes.mediation import ARCHETYPES_FILE, ArchetypeHead
from nerret_tools.documents import Mention, Span
from nerret_tools.entities.generic import GenericNames
from nerret_tools.entities.surfaces import Surfaces
from nerret_tools.models import Calibration, ModelSpec
from nerret_tools.ranking import Evidence, Scores, relevances, tell_apart
from nerret_tools.scan import SCORE_DECIMALS, Scan

__all__ = ["MentionMaker"]

Integers = npt.NDArray[np.int64]


class MentionMaker:
    """Makes mentions of rows.

    Args:
        spec: The model, for the parts of its vectors and for archetypes.
        curve: From scores to relevance, where the model has one.
        surfaces: Reads what mentions are called.
    """

    def __init__(self, spec: ModelSpec, curve: Calibration | None, surfaces: Surfaces) -> None:
        self._spec = spec
        self._curve = curve
        self._surfaces = surfaces

    @cached_property
    def _archetypes(self) -> ArchetypeHead | None:
        """Names mentions' archetypes, where the model has such a head."""
        file = self._spec.weights / ARCHETYPES_FILE
        return ArchetypeHead.load(file) if file.is_file() else None

    def names(
        self, scores: Scores, evidence: Evidence, own_words: GenericNames, most: int
    ) -> tuple[list[list[Mention]], list[int]]:
        """Of each document its distinct names, at most so many, best first; and how many there are."""
        starts, ends, surfaces = self._surfaces.read(scores.scan, evidence.rows)
        chosen: list[list[int]] = []
        owners: list[int] = []
        counts = []
        for number, (first, stop) in enumerate(zip(evidence.offsets[:-1], evidence.offsets[1:], strict=True)):
            own = slice(int(first), int(stop))
            found = tell_apart(starts[own].tolist(), ends[own].tolist(), surfaces[own])
            counts.append(len(found))
            chosen += [[own.start + place for place in places] for places in found[:most]]
            owners += [number] * len(found[:most])
        best = np.array([places[0] for places in chosen], dtype=np.int64)
        made = self.make(scores.scan, evidence.rows[best], own_words, scores, evidence.scores[best])
        mentions: list[list[Mention]] = [[] for _ in counts]
        for owner, mention, places in zip(owners, made, chosen, strict=True):
            mention.repeats = [Span(start=int(starts[place]), end=int(ends[place])) for place in places[1:]]
            mentions[owner].append(mention)
        return mentions, counts

    def make(
        self,
        scan: Scan,
        rows: Integers,
        own_words: GenericNames | None = None,
        scores: Scores | None = None,
        exact: npt.NDArray[np.float64] | None = None,
    ) -> list[Mention]:
        """Mentions of rows ``[n]``; the text is empty where one is gone meanwhile.

        Args:
            scan: Theirs.
            rows: Their numbers.
            own_words: Of what was asked, if anything was; as the following.
            scores: Of all mentions.
            exact: ``[n]``, of these.
        """
        starts, ends, surfaces = self._surfaces.read(scan, rows)
        vectors = np.asarray(scan.vectors[rows], dtype=np.float32)
        unknown = [None] * len(rows)
        made: dict[str, Sequence[Any]] = {"score": unknown, "relevance": unknown}
        made |= {"entity_score": unknown, "context_score": unknown, "archetype": unknown}
        if exact is not None:
            made["score"] = exact.tolist()
            if self._curve is not None:
                made["relevance"] = relevances(self._curve, exact).tolist()
        if self._spec.context_dimension and scores is not None and scores.query is not None:
            pairs = zip(self._spec.parts_of(vectors), self._spec.parts_of(scores.query), strict=True)
            made["entity_score"], made["context_score"] = (_cosines(part, wanted) for part, wanted in pairs)
        if self._archetypes is not None:
            made["archetype"] = self._archetypes.likeliest(vectors)
        return [
            Mention(
                text=text,
                start=start,
                end=end,
                generic=own_words is not None and own_words.says_the_type(text),
                **{name: values[place] for name, values in made.items()},
            )
            for place, (text, start, end) in enumerate(zip(surfaces, starts.tolist(), ends.tolist(), strict=True))
        ]


def _cosines(vectors: npt.NDArray[np.float32], query: npt.NDArray[np.float32]) -> list[float]:
    """Cosines ``[n]`` of vectors ``[n, d]`` with a query ``[d]``; all are as long, but for the vectors' rounding."""
    # A matrix product's last decimal depends on how many rows there are
    products = (vectors.astype(np.float64) * query).sum(axis=1)
    squared = max(float(np.square(query, dtype=np.float64).sum()), 1e-12)
    rounded: list[float] = np.round(products / squared, SCORE_DECIMALS).tolist()
    return rounded
