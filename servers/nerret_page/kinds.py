"""Names of types that a person might ask for, and which of them fit some mentions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from nerret_tools import EntityIndex

_FILE = Path(__file__).with_name("types.txt")

CERTAIN = 0.35
"""Cosine with a type below which a mention speaks for none of them."""


class Kinds:
    """A list of type names, encoded once."""

    def __init__(self) -> None:
        self._names = _FILE.read_text(encoding="utf-8").split("\n")[:-1]
        self._embeddings: np.ndarray | None = None

    def _encoded(self, index: EntityIndex) -> np.ndarray:
        if self._embeddings is None:
            self._embeddings = index.load_model().encode_types(self._names)
        return self._embeddings

    def of(self, index: EntityIndex, embeddings: np.ndarray, most: int) -> list[str]:
        """The names that fit a group of mentions as a whole, best first.

        Args:
            index: Whose model made the embeddings.
            embeddings: ``[n, dimension]``.
            most: So many names.
        """
        if not len(embeddings):
            return []
        scores = self._encoded(index) @ embeddings.mean(axis=0)
        return [self._names[place] for place in np.argsort(-scores, kind="stable")[:most]]

    def among(self, index: EntityIndex, embeddings: np.ndarray, most: int) -> list[str]:
        """The names that most mentions of a mixed group fit best, the most frequent first."""
        if not len(embeddings):
            return []
        scores = embeddings @ self._encoded(index).T
        best = scores.argmax(axis=1)[scores.max(axis=1) >= CERTAIN]
        return [self._names[place] for place, _ in Counter(best.tolist()).most_common(most)]
