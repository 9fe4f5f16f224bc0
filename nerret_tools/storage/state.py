"""What an index knows about itself: kept in the metadata of its documents collection.

The generation counts every change of what readers may see. A writer takes two steps: it journals the ids
that it is about to touch (generation + 1), and when all is written it clears the journal (generation + 1).
A journal that is still there tells that a writer was killed half-way: none of its documents is complete.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from nerret_tools.errors import IndexFormatError
from nerret_tools.storage.metadata import RESERVED_PREFIX

__all__ = ["DOCUMENTS_ENDING", "FORMAT", "IndexState", "Plain", "states_of"]

DOCUMENTS_ENDING = ".documents"
"""Of the collection that stands for an index; the other one is its mentions'."""

FORMAT = 5
"""Raised when what is stored changes so that an older version would misread it."""

Plain: TypeAlias = str | int | float | bool


@dataclass(frozen=True)
class IndexState:
    """One reading of the collection metadata.

    Attributes:
        index_id: Made once, when the index is created.
        dimension: Of the mention vectors.
        generation: Grows with every change.
        identity: What the index was built with, as the caller passed it.
        writer: Names the batch that is in the journal; empty without one.
        pending: The journal: document id to the most mentions it may have, before or after.
        mentions: Of all documents that are not in the journal.
    """

    index_id: str
    dimension: int
    generation: int
    identity: dict[str, Plain]
    writer: str = ""
    pending: Mapping[str, int] | None = None
    mentions: int = 0

    @property
    def hidden(self) -> Mapping[str, int]:
        """Documents that no reader may see."""
        return self.pending or {}

    def begun(self, writer: str, pending: Mapping[str, int], hidden: int) -> IndexState:
        """The state while these documents, with so many mentions until now, are being written."""
        return replace(
            self,
            generation=self.generation + 1,
            writer=writer,
            pending=dict(pending),
            mentions=self.mentions - hidden,
        )

    def done(self, shown: int = 0) -> IndexState:
        """The state once nothing is being written, and the documents have so many mentions."""
        generation, mentions = self.generation + 1, self.mentions + shown
        return replace(self, generation=generation, writer="", pending=None, mentions=mentions)

    def to_metadata(self) -> dict[str, Plain]:
        """As collection metadata; Chroma's `modify` replaces all of it."""
        return {
            **self.identity,
            f"{RESERVED_PREFIX}format": FORMAT,
            f"{RESERVED_PREFIX}index_id": self.index_id,
            f"{RESERVED_PREFIX}dimension": self.dimension,
            f"{RESERVED_PREFIX}generation": self.generation,
            f"{RESERVED_PREFIX}mentions": self.mentions,
            f"{RESERVED_PREFIX}writer": self.writer,
            f"{RESERVED_PREFIX}journal": json.dumps(self.pending) if self.pending is not None else "",
        }

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any] | None, what: str) -> IndexState:
        """Read it back.

        Args:
            metadata: Of the documents collection.
            what: The index in words, for the error.

        Raises:
            IndexFormatError: Another program's collection, or a newer version's.
        """
        kept = dict(metadata or {})
        own = {key: kept.pop(key) for key in list(kept) if key.startswith(RESERVED_PREFIX)}
        version = own.get(f"{RESERVED_PREFIX}format")
        if not isinstance(version, int):
            raise IndexFormatError(f"{what} was not written by nerret-tools; choose another name or another place")
        if version > FORMAT:
            raise IndexFormatError(
                f"{what} has format {version}, this version of nerret-tools reads up to {FORMAT}; "
                "update it with: pip install --upgrade nerret-tools"
            )
        if version < FORMAT:
            raise IndexFormatError(f"{what} was made by an earlier version; build it again in another place")
        try:
            journal = own[f"{RESERVED_PREFIX}journal"]
            return cls(
                index_id=str(own[f"{RESERVED_PREFIX}index_id"]),
                dimension=int(own[f"{RESERVED_PREFIX}dimension"]),
                generation=int(own[f"{RESERVED_PREFIX}generation"]),
                identity=kept,
                writer=str(own[f"{RESERVED_PREFIX}writer"]),
                pending=json.loads(journal) if journal else None,
                mentions=int(own[f"{RESERVED_PREFIX}mentions"]),
            )
        except (KeyError, ValueError) as error:
            raise IndexFormatError(
                f"{what} has damaged settings ({error!r}); rebuild it from its documents in another place"
            ) from error


def states_of(collections: Mapping[str, Mapping[str, Any] | None]) -> dict[str, IndexState]:
    """The indexes among some collections, given with their metadata; other programs' are left out."""
    states = {}
    for name, metadata in collections.items():
        if not name.endswith(DOCUMENTS_ENDING):
            continue
        try:
            states[name.removesuffix(DOCUMENTS_ENDING)] = IndexState.from_metadata(metadata, name)
        except IndexFormatError:
            continue
    return dict(sorted(states.items()))
