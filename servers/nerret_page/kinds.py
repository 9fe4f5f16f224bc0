"""Names of types that a person might ask for, and which of them fit some mentions."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path

import numpy as np

from nerret_tools import EntityIndex
from nerret_tools.models.entity_model import EntityModel

NAMES = Path(__file__).with_name("types.txt").read_text(encoding="utf-8").splitlines()

CERTAIN = 0.35
"""Cosine with a type below which a mention speaks for none of them."""


@lru_cache(maxsize=1)
def _encoded(model: EntityModel) -> np.ndarray:
    return model.encode_types(NAMES)


def kinds_of(index: EntityIndex, embeddings: np.ndarray, most: int) -> list[str]:
    """The names that fit a group of mentions as a whole, of embeddings ``[n, dimension]``, best first."""
    if not len(embeddings):
        return []
    scores = _encoded(index.load_model()) @ embeddings.mean(axis=0)
    return [NAMES[place] for place in np.argsort(-scores, kind="stable")[:most]]


def kinds_among(index: EntityIndex, embeddings: np.ndarray, most: int) -> list[str]:
    """The names that most mentions of a mixed group fit best, the most frequent first; as `kinds_of`."""
    if not len(embeddings):
        return []
    scores = embeddings @ _encoded(index.load_model()).T
    best = scores.argmax(axis=1)[scores.max(axis=1) >= CERTAIN]
    return [NAMES[place] for place, _ in Counter(best.tolist()).most_common(most)]
