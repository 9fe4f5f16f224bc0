"""Abstract mediation (SAM-NER, section 3.2): mentions and types meet by the archetypes that each of them has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from nerret_tools.archetypes.typing_weights import TypingWeights
from nerret_tools.errors import ModelError

ARCHETYPES_FILE = "archetypes.safetensors"
FLOOR = 1e-3  # agreement under which all disagree alike; keeps the logarithm finite


@dataclass(frozen=True)
class ArchetypeHead:
    """A small classifier over archetypes for mentions and for type descriptions alike.

    Both live in one space, so one head serves both, and no table says which archetype a label has.
    """

    names: Sequence[str]  # the archetypes, one a column
    # Of two linear layers with GELU between: `first.weight` `[width, d]`, `first.bias`, `second.weight` `[n_archetypes,
    # width]`, `second.bias`; float32
    weights: dict[str, np.ndarray]
    temperature: float = 1.0  # divides the logits; fitted on held-back nouns, so that probabilities are meant

    @property
    def dimension(self) -> int:
        """Width of what goes in."""
        return int(self.weights["first.weight"].shape[1])

    def distributions(self, embeddings: np.ndarray) -> np.ndarray:
        """Return probabilities ``[n, n_archetypes]`` float32, each row summing to 1.

        Embeddings may be wider than the head: then their first part is the mention's own, and the
        rest, its context's, is not looked at.
        """
        own = unit_part(embeddings, 0, self.dimension)
        hidden = gelu(own @ self.weights["first.weight"].T + self.weights["first.bias"])
        logits = (hidden @ self.weights["second.weight"].T + self.weights["second.bias"]) / self.temperature
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: np.ndarray = shares / shares.sum(axis=1, keepdims=True)
        return probabilities

    def likeliest(self, embeddings: np.ndarray) -> list[str]:
        """Return the name of each mention's likeliest archetype, for embeddings ``[n, d]``."""
        return [self.names[column] for column in self.distributions(embeddings).argmax(axis=1)]

    def save(self, path: Path) -> None:
        """Write weights, names and temperature as safetensors."""
        metadata = {"names": "\n".join(self.names), "temperature": repr(float(self.temperature))}
        save_file({name: np.ascontiguousarray(value) for name, value in self.weights.items()}, path, metadata=metadata)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ModelError: The file is missing, damaged, or holds something else.
        """
        try:
            with safe_open(path, framework="numpy") as file:
                weights = {f"{layer}.{part}": _layer(file, layer, part) for layer, part in PARTS}
                metadata = file.metadata() or {}
            head = cls(metadata["names"].split("\n"), weights, float(metadata["temperature"]))
            shapes = [weights[f"{layer}.{part}"].shape for layer, part in PARTS]
            (width, dimension), count = shapes[0], len(head.names)
            if shapes != [(width, dimension), (width,), (count, width), (count,)]:
                raise ValueError(f"its layers do not fit each other or its {count} names: {shapes}")
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise ModelError(
                f"{path} is not an archetype head that can be read: {error}. `nerret train --only archetypes` makes one"
            ) from error
        return head


PARTS = (("first", "weight"), ("first", "bias"), ("second", "weight"), ("second", "bias"))


def _layer(file: Any, layer: str, part: str) -> np.ndarray:
    values: np.ndarray = file.get_tensor(f"{layer}.{part}")
    return values.astype(np.float32)


def gelu(values: np.ndarray) -> np.ndarray:
    """Return ``x Φ(x)``, float32; the error function by Abramowitz and Stegun 7.1.26, exact to 2e-7."""
    size = np.abs(values) / np.float32(2**0.5)
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    error = np.copysign(1 - series * np.exp(-size * size), values)
    result: np.ndarray = values * (1 + error) / 2
    return result


def unit_part(embeddings: np.ndarray, first: int, stop: int | None = None) -> np.ndarray:
    """Return columns ``[first, stop)`` with rows of unit length, float32."""
    part = np.ascontiguousarray(embeddings[:, first:stop], dtype=np.float32)
    result: np.ndarray = part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-12)
    return result


@dataclass(frozen=True)
class Mediation:
    """A schema ready to be compared with mentions."""

    names: np.ndarray  # embeddings of the type names, `[n_types, d]`
    definitions: np.ndarray  # embeddings of their definitions, `[n_types, d]`
    archetypes: np.ndarray  # each type's distribution over archetypes, `[n_types, n_archetypes]`
    residual: np.ndarray  # which types stand for what the others leave, `[n_types]` bool
    own: int  # columns of an embedding that are the mention's own; those behind are its context's

    @cached_property
    def wordings(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What mentions are compared with, each ``[n_types, part]``: names, definitions, and both as contexts."""
        contexts = unit_part(self.names, self.own) + unit_part(self.definitions, self.own)
        return unit_part(self.names, 0, self.own), unit_part(self.definitions, 0, self.own), contexts / 2

    def compare(self, embeddings: np.ndarray, archetypes: np.ndarray) -> np.ndarray:
        """Compare mentions ``[n, d]`` with their archetypes ``[n, n_archetypes]`` to every type, part by part.

        Returns:
            Cosine with the name, cosine with the definition, mean of the same cosines of the context
            (0 where the model has no context head), log agreement: ``[n, n_types, 4]``.
        """
        names, definitions, contexts = self.wordings
        own, around = unit_part(embeddings, 0, self.own), unit_part(embeddings, self.own)
        parts = (own @ names.T, own @ definitions.T, around @ contexts.T, self.agreement(archetypes))
        return np.stack(parts, axis=2)

    def agreement(self, archetypes: np.ndarray) -> np.ndarray:
        """Return the log probability that mention and type are of one archetype, ``[n, n_types]``."""
        result: np.ndarray = np.log(archetypes @ self.archetypes.T + FLOOR)
        return result

    def scores(self, embeddings: np.ndarray, archetypes: np.ndarray, weights: TypingWeights) -> np.ndarray:
        """Return `compare`'s parts summed with their weights, in one product: ``[n, n_types]``."""
        names, definitions, contexts = self.wordings
        of_types = np.hstack([weights.name * names + weights.definition * definitions, weights.context * contexts])
        of_mentions = np.hstack([unit_part(embeddings, 0, self.own), unit_part(embeddings, self.own)])
        scores: np.ndarray = of_mentions @ of_types.T.astype(np.float32)
        if weights.agreement:
            scores += np.float32(weights.agreement) * self.agreement(archetypes)
        scores[:, self.residual] = weights.residual
        return scores
