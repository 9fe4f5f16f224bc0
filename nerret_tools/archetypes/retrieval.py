"""Archetypes inside retrieval: what a stored mention is, and whether a queried type is of the same kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from nerret_tools.archetypes.mediation import ArchetypeHead
    from nerret_tools.models import ModelSpec

__all__ = ["ArchetypeLens"]

FLOOR = 1e-3  # agreement under which all disagree alike; keeps the logarithm finite


class ArchetypeLens:
    """Looks at embeddings that are there already: nothing is encoded again."""

    def __init__(self, head: ArchetypeHead) -> None:
        self._head = head

    @classmethod
    def load(cls, spec: ModelSpec) -> Self | None:
        """Load a model's archetype head; None where it has none.

        Raises:
            ModelError: The file is damaged.
        """
        from nerret_tools.archetypes.mediation import ARCHETYPES_FILE, ArchetypeHead

        path = Path(spec.weights) / ARCHETYPES_FILE
        return cls(ArchetypeHead.load(path)) if path.is_file() else None

    def distributions(self, embeddings: np.ndarray) -> np.ndarray:
        """Return distributions over archetypes ``[n, n_archetypes]`` of mentions or of types ``[n, d]``."""
        return self._head.distributions(embeddings)

    def names(self, embeddings: np.ndarray) -> list[str]:
        """Return the likeliest archetype of each mention ``[n, d]``: for `Mention.archetype`."""
        return [self._head.names[column] for column in self.distributions(embeddings).argmax(axis=1)]

    def agreement(self, mentions: np.ndarray, entity_type: np.ndarray) -> np.ndarray:
        """Return the log probability that mention and type are of one archetype, ``[n]``.

        Args:
            mentions: Embeddings ``[n, d]``.
            entity_type: The query's embedding ``[d]``.
        """
        of_type = self.distributions(entity_type[None])[0]
        result: np.ndarray = np.log(self.distributions(mentions) @ of_type + FLOOR)
        return result
