"""Zero-shot named entity recognition through archetypes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self

import numpy as np

from nerret_tools.archetypes.candidates import Candidates, TypedCandidates, read_candidates
from nerret_tools.archetypes.discovery import (
    ANCHOR_THRESHOLD,
    EXPLORER_THRESHOLD,
    ConsensusDetector,
    SpanHeadDetector,
)
from nerret_tools.archetypes.drift import SchemaReport, report_schema
from nerret_tools.archetypes.mediation import ARCHETYPES_FILE, ArchetypeHead, Mediation
from nerret_tools.archetypes.resolution import without_overlaps
from nerret_tools.archetypes.schema import TypeDefinition, Types, read_types
from nerret_tools.archetypes.scorer import Question, TypeScorer
from nerret_tools.archetypes.typed_mention import TypedMention
from nerret_tools.archetypes.typing_weights import TYPING_FILE, TypingWeights, load_typing
from nerret_tools.errors import DocumentError, EntityTypeError, FilterError, ModelError, ScorerError
from nerret_tools.models import Model, ModelSpec, find_spec
from nerret_tools.texts import check_text
from nerret_tools.twins import twin

if TYPE_CHECKING:
    from nerret_tools.models.entity_model import EntityModel

BATCH_SIZE = 256  # texts: sorted by length, so many fill the windows well
ASKED_AT_ONCE = 64  # texts, where a scorer chooses: what is complete when it fails is a multiple of it
ROWS = 4096  # mentions compared with all types at once
CHOICES = 8  # types that a scorer is asked to choose among
SCORER_CUTOFF = 0.5  # of a scorer's own probability: the type is likelier than all the rest


class EntityExtractor:
    """Finds mentions of the types that are named with the call. Made by `load`.

    Safe to use from several threads.
    """

    def __init__(
        self,
        model: EntityModel,
        head: ArchetypeHead,
        typing: TypingWeights,
        detector: ConsensusDetector,
        scorer: TypeScorer | None = None,
    ) -> None:
        self._model = model
        self._head = head
        self._typing = typing
        self._detector = detector
        self._scorer = scorer
        self._schema: tuple[tuple[TypeDefinition, ...], Mediation] | None = None
        self._process = os.getpid()

    @classmethod
    def load(
        cls,
        model: str | ModelSpec = "minilm",
        scorer: TypeScorer | None = None,
        *,
        detector: ConsensusDetector | None = None,
        backbone: str | Path | None = None,
        precision: str | None = None,
    ) -> Self:
        """Load the model with its archetypes.

        Args:
            model: Name or description.
            scorer: Chooses among the types in place of the embeddings: `CausalScorer`,
                `EndpointScorer`, or any `TypeScorer`.
            detector: Finds the candidates; by default two operating points of the span head.
            backbone: Folder of the backbone's files, where they are neither installed nor to be fetched.
            precision: ``float32`` or ``bfloat16``; ``None``: what the machine is good at.

        Raises:
            ModelError: Weights are missing or damaged.
        """
        spec = find_spec(model)
        head = ArchetypeHead.load(spec.weights / ARCHETYPES_FILE)
        typing = load_typing(spec.weights / TYPING_FILE).mediated
        chosen = Model(spec, backbone, precision)
        points = (SpanHeadDetector(threshold, chosen) for threshold in (ANCHOR_THRESHOLD, EXPLORER_THRESHOLD))
        return cls(chosen.load(), head, typing, detector or ConsensusDetector(*points), scorer)

    def extract(
        self,
        texts: Sequence[str],
        types: Types,
        min_relevance: float | None = None,
        *,
        overlapping: bool = False,
    ) -> list[list[TypedMention]]:
        """Find the mentions of these types in each text.

        Args:
            texts: Any number, of any length.
            types: Name → definition, or names alone. A definition may be left out (None). The
                order does not matter. A type named ``misc`` or ``other`` gets what the others leave.
            min_relevance: Under it a span gets no type. ``None``: the cut-off that was best on
                development data; 0: every candidate gets its best type.
            overlapping: Whether spans may overlap. Otherwise the more relevant of two stays.

        Returns:
            One list a text, in reading order; each span has one type, the best.

        Raises:
            EntityTypeError: The types cannot be used; the message says which.
            DocumentError: A text is no text; the message says which one.
            FilterError: ``min_relevance`` is not between 0 and 1.
            ScorerError: The scorer does not answer. ``error.partial`` has what was complete.
            ModelError: The extractor was loaded before this process was forked from another.
        """
        self._check_process()
        schema = read_types(types)
        _check(texts, min_relevance)
        cutoff = self._cutoff() if min_relevance is None else min_relevance
        found: list[list[TypedMention]] = []
        size = BATCH_SIZE if self._scorer is None else ASKED_AT_ONCE
        for first in range(0, len(texts), size):
            batch = list(texts[first : first + size])
            try:
                typed = self.type_candidates(batch, schema)
            except ScorerError as error:
                error.partial = found
                raise
            found += [
                self._mentions(text, one, schema, cutoff, overlapping) for text, one in zip(batch, typed, strict=True)
            ]
        return found

    aextract = twin(extract)

    def explain(self, texts: Sequence[str], types: Types, min_relevance: float | None = None) -> SchemaReport:
        """Report how well a schema fits these texts; see `SchemaReport`.

        Raises:
            Everything that `extract` raises.
        """
        self._check_process()
        schema = read_types(types)
        _check(texts, min_relevance)
        cutoff = self._cutoff() if min_relevance is None else min_relevance
        typed: list[TypedCandidates] = []
        for first in range(0, len(texts), BATCH_SIZE):
            typed += self.type_candidates(list(texts[first : first + BATCH_SIZE]), schema)
        chosen = [_keep(one, cutoff, overlapping=False) for one in typed]
        return report_schema(schema, self.mediation(schema), self._head.names, typed, chosen)

    def type_candidates(self, texts: list[str], schema: list[TypeDefinition]) -> list[TypedCandidates]:
        """Find the candidates of each text, and the best type of each, whatever its relevance."""
        mediation = self.mediation(schema)
        found = read_candidates(self._model, self._detector, texts)
        bounds = np.cumsum([0, *(len(one.spans) for one in found)])
        joined = Candidates(
            np.concatenate([one.spans for one in found]),
            np.concatenate([one.probabilities for one in found]),
            np.concatenate([one.embeddings for one in found]),
        )
        archetypes = self._head.distributions(joined.embeddings)
        order, top = self.fit(mediation, joined, archetypes)
        best = order[:, 0]
        if self._scorer is not None:
            owners = np.repeat(np.arange(len(texts)), np.diff(bounds)).tolist()
            mentions = [(texts[owner], *span) for owner, span in zip(owners, joined.spans.tolist(), strict=True)]
            best, top = self._ask(self._scorer, mentions, schema, order)
        runners = np.where(order[:, 0] == best, order[:, min(1, len(schema) - 1)], order[:, 0])
        likeliest = archetypes.argmax(axis=1)
        return [
            TypedCandidates(joined.spans[a:b], best[a:b], runners[a:b], top[a:b], likeliest[a:b])
            for a, b in pairwise(bounds.tolist())
        ]

    def fit(self, mediation: Mediation, found: Candidates, archetypes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return positions of the types that fit best, best first, and the relevance of the best."""
        count = 2 if self._scorer is None else CHOICES
        orders, relevances = [], []
        for first in range(0, max(1, len(found.spans)), ROWS):
            rows = slice(first, first + ROWS)
            scores = mediation.scores(found.embeddings[rows], archetypes[rows], self._typing)
            orders.append(best_first(scores, count))
            relevances.append(self._typing.relevances(scores, orders[-1][:, 0], found.probabilities[rows]))
        return np.concatenate(orders), np.concatenate(relevances)

    def mediation(self, schema: list[TypeDefinition]) -> Mediation:
        """Embed a schema and give each type its archetypes; the last schema is kept."""
        key = tuple(schema)
        kept = self._schema
        if kept is not None and kept[0] == key:
            return kept[1]
        wordings = [one.name for one in schema] + [one.definition for one in schema]
        distinct = list(dict.fromkeys(wordings))
        embeddings = self._model.encode_types(distinct)
        if len(embeddings) < len(distinct):
            raise EntityTypeError(_too_long(self._model, schema))
        embedded = dict(zip(distinct, embeddings, strict=True))
        names = np.stack([embedded[one.name] for one in schema])
        definitions = np.stack([embedded[one.definition] for one in schema])
        archetypes = (self._head.distributions(names) + self._head.distributions(definitions)) / 2
        mediation = Mediation(
            names, definitions, archetypes, np.array([one.is_residual for one in schema]), self._head.dimension
        )
        self._schema = (key, mediation)
        return mediation

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError(
            "an extractor cannot be pickled or copied: it holds a model. Load it there instead: EntityExtractor.load()"
        )

    def _check_process(self) -> None:
        """A forked child has none of the threads that the model runs in, and would wait for them for ever."""
        if self._process != os.getpid():
            raise ModelError("the extractor was loaded before this process was forked from another; load it again here")

    def _cutoff(self) -> float:
        return self._typing.cutoff if self._scorer is None else SCORER_CUTOFF

    def _ask(
        self,
        scorer: TypeScorer,
        mentions: list[tuple[str, int, int]],
        schema: list[TypeDefinition],
        choices: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Let the scorer choose among the types that fit best; no answer means no type."""
        questions = [
            Question(text, start, end, tuple(schema[position] for position in sorted(row)))
            for (text, start, end), row in zip(mentions, choices.tolist(), strict=True)
        ]
        best, relevances = choices[:, 0].copy(), np.full(len(questions), -1.0)
        for number, (answer, row) in enumerate(zip(scorer.choose(questions), choices.tolist(), strict=True)):
            if answer is None:
                continue
            chosen = int(np.argmax(answer))
            if chosen < len(row):
                best[number], relevances[number] = sorted(row)[chosen], float(answer[chosen])
        return best, relevances

    def _mentions(
        self, text: str, typed: TypedCandidates, schema: list[TypeDefinition], cutoff: float, overlapping: bool
    ) -> list[TypedMention]:
        kept = _keep(typed, cutoff, overlapping)
        return [
            TypedMention(
                start=int(typed.spans[one, 0]),
                end=int(typed.spans[one, 1]),
                text=text[typed.spans[one, 0] : typed.spans[one, 1]],
                type=schema[typed.types[one]].label,
                archetype=self._head.names[typed.archetypes[one]],
                relevance=float(typed.relevances[one]),
            )
            for one in kept
        ]


def _too_long(model: EntityModel, schema: list[TypeDefinition]) -> str:
    longest = max(
        schema, key=lambda one: max(len(model.encoder.tokenize([text])[0].ids) for text in (one.name, one.definition))
    )
    return f"the name or definition of type {longest.label!r} is too long for the model; a definition is a sentence"


def best_first(scores: np.ndarray, count: int) -> np.ndarray:
    """Return positions of each row's highest scores, ``[n, at most count]``; of equal ones the first."""
    left = scores.copy()
    rows = np.arange(len(scores))
    columns = []
    for _ in range(min(count, scores.shape[1])):
        columns.append(left.argmax(axis=1))
        left[rows, columns[-1]] = -np.inf
    return np.stack(columns, axis=1)


def _keep(typed: TypedCandidates, cutoff: float, overlapping: bool) -> list[int]:
    """Which candidates stay, in reading order."""
    if overlapping:
        return [int(one) for one in np.flatnonzero(typed.relevances >= cutoff) if typed.relevances[one] >= 0]
    return without_overlaps(typed.spans, typed.relevances, cutoff)


def _check(texts: Sequence[str], min_relevance: float | None) -> None:
    if isinstance(texts, str):
        raise DocumentError("texts must be a list of texts, not one text; pass [text]")
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise DocumentError(f"text {position} is {type(text).__name__}, not text")
        check_text(text, f"text {position}")
    if min_relevance is not None and not 0 <= min_relevance <= 1:
        raise FilterError(f"min_relevance {min_relevance} is not between 0 and 1")
