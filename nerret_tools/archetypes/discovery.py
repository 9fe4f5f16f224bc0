"""Entity discovery by consensus (SAM-NER, section 3.1): a precise anchor and an explorer for recall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from nerret_tools.detection import Detector
from nerret_tools.errors import ModelError
from nerret_tools.models import ModelSpec, find_spec

if TYPE_CHECKING:
    from torch import Tensor

    from nerret_tools.encoding.windows import TokenizedText, Window
    from nerret_tools.models.entity_model import EntityModel

__all__ = ["Agreement", "Candidates", "ConsensusDetector", "SpanHeadDetector", "consensus", "read_candidates"]

CharSpan = tuple[int, int]

ANCHOR_THRESHOLD = 0.5  # the span head is likelier right than wrong
EXPLORER_THRESHOLD = 0.04  # the typing weights are fitted on candidates over it
ANCHOR_TRUST = 0.9  # mention probability of a span from a detector that gives none
EXPLORER_TRUST = 0.4  # the same where only the explorer found it


class Agreement(StrEnum):
    """How anchor and explorer are joined; all but the first are for ablations."""

    CONSENSUS = "consensus"
    UNION = "union"
    ANCHOR = "anchor"
    EXPLORER = "explorer"


class SpanHeadDetector:
    """An operating point of a model's own span head.

    Args:
        threshold: Probability over which a span is a candidate; overlapping ones are kept.
        model: Name or description of the model; loaded when first needed.
    """

    def __init__(self, threshold: float, model: str | ModelSpec = "minilm") -> None:
        self.threshold = threshold
        self.spec = find_spec(model)
        self.name = f"span head of {self.spec.name} over {threshold:g}"

    def detect(self, texts: Sequence[str]) -> list[list[CharSpan]]:
        """Return the spans of each text, sorted."""
        from nerret_tools.models.entity_model import load_model

        proposer = ScoredProposer(load_model(self.spec), self.threshold)
        encoded = load_model(self.spec).encode(texts, [None] * len(texts), proposer)
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


def consensus(
    text: str,
    anchor: Sequence[CharSpan],
    explorer: Sequence[CharSpan],
    agreement: Agreement = Agreement.CONSENSUS,
) -> list[CharSpan]:
    """Join what two detectors found in a text; sorted, each span once."""
    sure, more = {(int(a), int(b)) for a, b in anchor}, {(int(a), int(b)) for a, b in explorer}
    match agreement:
        case Agreement.ANCHOR:
            return sorted(sure)
        case Agreement.EXPLORER:
            return sorted(more)
        case Agreement.UNION:
            return sorted(sure | more)
    return sorted(sure | {(a, b) for a, b in more if len(text[a:b].split()) > 1})


@dataclass(frozen=True)
class Candidates:
    """What may be mentions in a text.

    Attributes:
        spans: ``[n, 2]`` int64, sorted.
        probabilities: That the span is a mention of whatever type, ``[n]`` float32.
        embeddings: ``[n, d]`` float32, unit length.
    """

    spans: np.ndarray
    probabilities: np.ndarray
    embeddings: np.ndarray


class ScoredProposer:
    """Lets a span head propose all spans over a probability, and remembers the probabilities."""

    def __init__(self, model: EntityModel, floor: float) -> None:
        if model.head is None:
            raise ModelError(f"{model.spec.name} has no span head; pass two detectors to ConsensusDetector")
        self._head = model.head
        self._floor = floor
        self.found: dict[tuple[str, int, int], float] = {}

    def propose(self, states: Tensor, windows: Sequence[tuple[TokenizedText, Window]]) -> list[np.ndarray]:
        """Return token spans ``[n, 2]`` of each window, counted from its first token."""
        proposals = []
        for (spans, values), (tokens, window) in zip(
            self._head.scored(states, windows, self._floor), windows, strict=True
        ):
            starts = tokens.starts[spans[:, 0] + window.start]
            ends = tokens.ends[spans[:, 1] + window.start - 1]
            for start, end, value in zip(starts.tolist(), ends.tolist(), values.tolist(), strict=True):
                key = (tokens.text, start, end)
                self.found[key] = max(value, self.found.get(key, 0.0))
            proposals.append(spans)
        return proposals


def read_candidates(
    model: EntityModel,
    detector: ConsensusDetector,
    texts: Sequence[str],
    agreement: Agreement = Agreement.CONSENSUS,
) -> list[Candidates]:
    """Find candidates and embed them: in one pass where both detectors are the model's own span head."""
    points = [one for one in (detector.anchor, detector.explorer) if isinstance(one, SpanHeadDetector)]
    if len(points) == 2 and all(point.spec == model.spec for point in points):
        return _from_head(model, points[0].threshold, points[1].threshold, texts, agreement)
    spans, trusted = [], []
    for text, anchor, explorer in zip(
        texts, detector.anchor.detect(texts), detector.explorer.detect(texts), strict=True
    ):
        sure = {(int(a), int(b)) for a, b in anchor}
        spans.append(consensus(text, anchor, explorer, agreement))
        trusted.append(sure)
    found = []
    for one, sure in zip(model.encode(texts, spans), trusted, strict=True):
        trust = [ANCHOR_TRUST if (a, b) in sure else EXPLORER_TRUST for a, b in one.spans.tolist()]
        found.append(Candidates(one.spans, np.array(trust, dtype=np.float32), one.embeddings))
    return found


def _from_head(
    model: EntityModel, anchor: float, explorer: float, texts: Sequence[str], agreement: Agreement
) -> list[Candidates]:
    proposer = ScoredProposer(model, min(anchor, explorer))
    encoded = model.encode(texts, [None] * len(texts), proposer)
    found = []
    for text, one in zip(texts, encoded, strict=True):
        safe = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # as the encoder reads it
        spans = [(a, b) for a, b in one.spans.tolist()]
        values = np.array([proposer.found[safe, a, b] for a, b in spans], dtype=np.float32)
        sure, more = (
            [span for span, value in zip(spans, values, strict=True) if value > point] for point in (anchor, explorer)
        )
        agreed = set(consensus(text, sure, more, agreement))
        kept = np.array([span in agreed for span in spans], dtype=bool)
        found.append(Candidates(one.spans[kept], values[kept], one.embeddings[kept]))
    return found
