"""Weights of semantic calibration (SAM-NER, section 3.3): from a comparison to a type, or none, and its probability."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from nerret_tools.archetypes.mediation import TypeFeatures
from nerret_tools.errors import ModelError

__all__ = ["TYPING_FILE", "Typing", "TypingWeights", "load_typing"]

TYPING_FILE = "typing.json"
EDGE = 1e-6  # probabilities are kept this far from 0 and 1 before their logarithm is taken


@dataclass(frozen=True)
class TypingWeights:
    """A softmax over the types, then a logistic curve for "this span and this type are right".

    Attributes:
        name: Per cosine with the type's name.
        definition: Per cosine with its definition.
        context: Per cosine of the context.
        agreement: Per unit of log agreement of archetypes; 0: archetypes are not asked.
        residual: What a type such as ``misc`` scores, whatever the mention is.
        intercept: Of the curve.
        mention: Of the log odds that the span is a mention at all.
        score: Of the best type's score.
        share: Of the logarithm of the best type's share in the softmax.
        cutoff: Relevance under which a span gets no type.
    """

    name: float
    definition: float
    context: float
    agreement: float
    residual: float
    intercept: float
    mention: float
    score: float
    share: float
    cutoff: float

    def scores(self, features: TypeFeatures) -> np.ndarray:
        """Return the score of each type, ``[n_mentions, n_types]`` float64."""
        scores: np.ndarray = (
            self.name * features.name.astype(np.float64)
            + self.definition * features.definition
            + self.context * features.context
            + self.agreement * features.agreement
        )
        scores[:, features.residual] = self.residual
        return scores

    def relevances(self, scores: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        """Return the probability that span and type are right, for every type ``[n_mentions, n_types]``."""
        return sigmoid(acceptance(scores, probabilities) @ self.curve)

    @property
    def curve(self) -> np.ndarray:
        """The curve's coefficients, in the order of `acceptance`."""
        return np.array([self.intercept, self.mention, self.score, self.share])


def acceptance(scores: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """What the curve is of, ``[n_mentions, n_types, 4]``: 1, log odds of the mention, score, log share."""
    inside = np.clip(probabilities.astype(np.float64), EDGE, 1 - EDGE)
    odds = np.broadcast_to(np.log(inside / (1 - inside))[:, None], scores.shape)
    highest = scores.max(axis=1, keepdims=True)
    shares = scores - highest - np.log(np.exp(scores - highest).sum(axis=1, keepdims=True))
    return np.stack([np.ones_like(scores), odds, scores, shares], axis=2)


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
            f"{path} does not hold typing weights that can be read: {error}. `nerret train archetypes` makes them"
        ) from error
