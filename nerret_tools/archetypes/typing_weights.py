"""Weights of semantic calibration (SAM-NER, section 3.3): from a comparison to a type, or none, and its probability."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from nerret_tools.errors import ModelError

TYPING_FILE = "typing.json"
EDGE = 1e-6  # probabilities are kept this far from 0 and 1 before their logarithm is taken


@dataclass(frozen=True)
class TypingWeights:
    """A softmax over the types, then a logistic curve for "this span and this type are right"."""

    name: float  # per cosine with the type's name
    definition: float  # per cosine with its definition
    context: float  # per cosine of the context
    agreement: float  # per unit of log agreement of archetypes; 0: archetypes are not asked
    residual: float  # what a type such as `misc` scores, whatever the mention is
    intercept: float  # of the curve
    mention: float  # of the log odds that the span is a mention at all
    score: float  # of the best type's score
    share: float  # of the logarithm of the best type's share in the softmax
    cutoff: float  # relevance under which a span gets no type

    def relevances(self, scores: np.ndarray, chosen: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        """Return the probability that span and chosen type are right, ``[n]``; arguments as of `acceptance`."""
        return sigmoid(acceptance(scores, chosen, probabilities) @ self.curve)

    @property
    def curve(self) -> np.ndarray:
        """The curve's coefficients, in the order of `acceptance`."""
        return np.array([self.intercept, self.mention, self.score, self.share])


def acceptance(scores: np.ndarray, chosen: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """What the curve is of, ``[n, 4]`` float64: 1, log odds of the mention, score, log share of the chosen type.

    Args:
        scores: Of every type, ``[n, n_types]``.
        chosen: A type for each mention, ``[n]``.
        probabilities: That each span is a mention, ``[n]``.
    """
    inside = np.clip(probabilities.astype(np.float64), EDGE, 1 - EDGE)
    highest = scores.max(axis=1, keepdims=True)
    totals = highest[:, 0] + np.log(np.exp(scores - highest).sum(axis=1, dtype=np.float64))
    own = scores[np.arange(len(scores)), chosen].astype(np.float64)
    return np.stack([np.ones_like(own), np.log(inside / (1 - inside)), own, own - totals], axis=1)


def sigmoid(values: np.ndarray) -> np.ndarray:
    """Return ``1 / (1 + exp(-values))``."""
    result: np.ndarray = 1 / (1 + np.exp(-np.clip(values, -60, 60)))
    return result


@dataclass(frozen=True)
class Typing:
    """Fitted weights with archetypes, and the same fitted without them, for comparison."""

    mediated: TypingWeights
    direct: TypingWeights

    def save(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def load_typing(path: Path) -> Typing:
    """Read what `Typing.save` wrote.

    Raises:
        ModelError: The file is missing or is something else.
    """
    try:
        parts = json.loads(path.read_text(encoding="utf-8"))
        return Typing(**{name: TypingWeights(**part) for name, part in parts.items()})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path} does not hold typing weights that can be read: {error}. "
            "`nerret train --only archetypes` makes them"
        ) from error
