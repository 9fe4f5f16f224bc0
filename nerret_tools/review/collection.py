"""What is reviewed: all documents of an index in the order in which they should be looked at, with their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from pydantic import BaseModel

from nerret_tools.documents import Document, Mention


class ReviewDocument(BaseModel):
    """A document to judge.

    Attributes:
        document: Itself.
        mentions: Its best mentions for the type, best first; empty where none was detected.
        relevance: As in an answer of `EntityIndex.find`; 0 without a mention, ``None`` without a calibration.
        by_chance: Whether it was drawn by chance, rather than chosen for its relevance.
    """

    document: Document
    mentions: list[Mention]
    relevance: float | None
    by_chance: bool = False


@dataclass(frozen=True)
class Identity:
    """By which a collection is known."""

    index: str
    index_id: str
    generation: int
    model: str  # fingerprint


class Collection(Protocol):
    """The documents as one type orders them. They must not change while they are reviewed."""

    @property
    def entity_type(self) -> str:
        """What is looked for."""

    @property
    def identity(self) -> Identity:
        """Of the index as it was when the documents were ordered."""

    @property
    def ids(self) -> Sequence[str]:
        """Of all documents, the most relevant first, those without a mention last."""

    @property
    def relevances(self) -> np.ndarray:
        """``[documents]``, falling, as `ids`; any falling numbers in [0, 1] where the model has no calibration."""

    def generation(self) -> int:
        """Of the index now."""

    def documents(self, ids: Sequence[str]) -> list[ReviewDocument]:
        """Fetch documents; those that are gone are left out."""
