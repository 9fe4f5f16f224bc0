"""What may be mentions in a text, with their embeddings, and the type that each fits best."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nerret_tools.archetypes.discovery import (
    CharSpan,
    ConsensusDetector,
    HeadProposer,
    SpanHeadDetector,
    consensus,
)
from nerret_tools.encoding.sentences import sentence_ranges

if TYPE_CHECKING:
    from nerret_tools.models.entity_model import EntityModel

ANCHOR_TRUST = 0.9  # mention probability of a span from a detector that gives none
EXPLORER_TRUST = 0.4  # the same where only the explorer found it


@dataclass(frozen=True)
class Candidates:
    """What may be mentions in a text."""

    spans: np.ndarray  # `[n, 2]` int64, sorted
    probabilities: np.ndarray  # that the span is a mention of whatever type, `[n]` float32
    embeddings: np.ndarray  # `[n, d]` float32, unit length


@dataclass(frozen=True)
class TypedCandidates:
    """The candidates of one text with the best type of each."""

    spans: np.ndarray  # `[n, 2]`
    types: np.ndarray  # position of the best type, `[n]`
    runners: np.ndarray  # position of the second best, `[n]`; the best again in a schema of one type
    relevances: np.ndarray  # `[n]`; below 0: refused
    archetypes: np.ndarray  # position of the likeliest archetype, `[n]`


def read_candidates(model: EntityModel, detector: ConsensusDetector, texts: Sequence[str]) -> list[Candidates]:
    """Find and embed the candidates of each text.

    Where both detectors are the model's own span head, in one pass, and with its probabilities.
    """
    anchor, explorer = detector.anchor, detector.explorer
    if (
        isinstance(anchor, SpanHeadDetector)
        and isinstance(explorer, SpanHeadDetector)
        and anchor.spec == explorer.spec == model.spec
    ):
        return _from_head(model, HeadProposer(model, anchor.threshold, explorer.threshold), texts)
    return _from_detectors(model, detector, texts)


def _from_head(model: EntityModel, proposer: HeadProposer, texts: Sequence[str]) -> list[Candidates]:
    found = []
    for text, one in zip(texts, model.encode(texts, [None] * len(texts), proposer), strict=True):
        values = _probabilities(proposer, text, one.spans.tolist())
        found.append(Candidates(one.spans, np.array(values, dtype=np.float32), one.embeddings))
    return found


def _probabilities(proposer: HeadProposer, text: str, spans: Sequence[Sequence[int]]) -> list[float]:
    """How sure the head was of each span; it saw them in their sentences."""
    sentences = sentence_ranges(text)
    values = []
    for start, end in spans:
        first, stop = sentences[bisect_right(sentences, start, key=lambda sentence: sentence[0]) - 1]
        values.append(proposer.found[text[first:stop], start - first, end - first])
    return values


def _from_detectors(model: EntityModel, detector: ConsensusDetector, texts: Sequence[str]) -> list[Candidates]:
    sure: list[set[CharSpan]] = []
    spans: list[list[CharSpan]] = []
    for text, anchor, explorer in zip(
        texts, detector.anchor.detect(texts), detector.explorer.detect(texts), strict=True
    ):
        sure.append({(int(start), int(end)) for start, end in anchor})
        spans.append(consensus(text, anchor, explorer))
    found = []
    for one, trusted in zip(model.encode(texts, spans), sure, strict=True):
        trust = [ANCHOR_TRUST if span in trusted else EXPLORER_TRUST for span in map(tuple, one.spans.tolist())]
        found.append(Candidates(one.spans, np.array(trust, dtype=np.float32), one.embeddings))
    return found
