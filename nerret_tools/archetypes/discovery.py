"""Entity discovery by consensus (SAM-NER, section 3.1): a precise anchor and an explorer for recall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nerret_tools.detection import Detector
from nerret_tools.errors import ModelError
from nerret_tools.models import Model, ModelSpec, find_spec

if TYPE_CHECKING:
    from nerret_tools.encoding.windows import TokenizedText, Window
    from nerret_tools.models.entity_model import EntityModel

CharSpan = tuple[int, int]

ANCHOR_THRESHOLD = 0.5  # the span head is likelier right than wrong
EXPLORER_THRESHOLD = 0.04  # the typing weights are fitted on candidates over it


def consensus(text: str, anchor: Sequence[CharSpan], explorer: Sequence[CharSpan]) -> list[CharSpan]:
    """Join what two detectors found in a text; sorted, each span once."""
    sure, more = {(int(a), int(b)) for a, b in anchor}, {(int(a), int(b)) for a, b in explorer}
    return sorted(sure | {(a, b) for a, b in more if _has_words(text, a, b)})


def _has_words(text: str, start: int, end: int) -> bool:
    return len(text[start:end].split()) > 1


class HeadProposer:
    """Two operating points of a span head in one pass: proposes what they agree on, and remembers how sure it is.

    Each point is the probability over which anchor and explorer have found a span.

    Attributes:
        found: Text and characters of each proposed span → the probability that it is a mention.

    Raises:
        ModelError: The model has no span head.
    """

    def __init__(self, model: EntityModel, anchor: float, explorer: float) -> None:
        if model.head is None:
            raise ModelError(f"{model.spec.name} has no span head; pass two detectors to ConsensusDetector")
        self._head = model.head
        self._anchor, self._explorer = anchor, explorer
        self.found: dict[tuple[str, int, int], float] = {}

    def propose(self, states: Any, windows: Sequence[tuple[TokenizedText, Window]]) -> list[np.ndarray]:
        """Return token spans ``[n, 2]`` of each window, counted from its first token."""
        scored = self._head.scored(states, windows, min(self._anchor, self._explorer))
        return [
            self._agreed(tokens, window, spans, values)
            for (tokens, window), (spans, values) in zip(windows, scored, strict=True)
        ]

    def _agreed(self, tokens: TokenizedText, window: Window, spans: np.ndarray, values: np.ndarray) -> np.ndarray:
        kept = []
        for row, (first, stop) in enumerate((spans + window.start).tolist()):
            first, stop = tokens.tokens_of(*tokens.span_of(first, stop)) or (first, stop)  # as the encoder reads it
            start, end = tokens.span_of(first, stop)
            value = float(values[row])
            if value > self._anchor or _has_words(tokens.text, start, end):
                kept.append(row)
                key = (tokens.text, start, end)
                self.found[key] = max(value, self.found.get(key, 0.0))
        return spans[kept]


class SpanHeadDetector:
    """An operating point of a model's own span head: spans over a threshold of probability, overlapping ones too.

    The model is loaded when first needed.
    """

    def __init__(self, threshold: float, model: str | ModelSpec | Model = "minilm") -> None:
        self.threshold = threshold
        self.model = model if isinstance(model, Model) else Model(find_spec(model))
        self.spec = self.model.spec
        self.name = f"span head of {self.spec.name} over {threshold:g}"

    def detect(self, texts: Sequence[str]) -> list[list[CharSpan]]:
        """Return the spans of each text, sorted."""
        model = self.model.load()
        proposer = HeadProposer(model, self.threshold, self.threshold)
        encoded = model.encode(texts, [None] * len(texts), proposer)
        return [[(int(start), int(end)) for start, end in one.spans] for one in encoded]


class ConsensusDetector:
    """Joins a precise anchor and a recall-oriented explorer.

    A single-word candidate of the explorer that the anchor did not find is dropped; the rest is
    the union. Usable wherever a `Detector` is.

    Args:
        anchor: Trusted; by default the span head where it is likelier right than wrong.
        explorer: Finds more; by default the span head at a low threshold.
    """

    def __init__(self, anchor: Detector | None = None, explorer: Detector | None = None) -> None:
        self.anchor = anchor or SpanHeadDetector(ANCHOR_THRESHOLD)
        self.explorer = explorer or SpanHeadDetector(EXPLORER_THRESHOLD)
        self.name = f"consensus of {self.anchor.name} and {self.explorer.name}"

    def detect(self, texts: Sequence[str]) -> list[list[CharSpan]]:
        """Return the agreed spans of each text, sorted."""
        pairs = zip(texts, self.anchor.detect(texts), self.explorer.detect(texts), strict=True)
        return [consensus(text, anchor, explorer) for text, anchor, explorer in pairs]
