"""One Chroma collection, read and written in portions that Chroma and SQLite can take."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nerret_tools.storage.calls import Caller

if TYPE_CHECKING:
    from chromadb import Collection as ChromaCollection
    from chromadb.api.types import GetResult

__all__ = ["CHEAP_HNSW", "SAVE_ROWS", "Table"]

CHEAP_HNSW = {"space": "ip", "ef_construction": 16, "max_neighbors": 8, "ef_search": 16}
"""Nobody searches this graph, so it is built loosely: about four times as fast as with Chroma's settings.

Not as loosely as Chroma allows: with 2 neighbors and a candidate list of 1 (another 1.5 times as fast) parts
of the graph fall off, and adding after deletes then failed ("Failed to apply logs to the hnsw segment
writer") or crashed the process. The inner product leaves the vectors as they are ("cosine" would scale them).
"""

SAVE_ROWS = 100
"""Changed rows after which Chroma, once it took what was written, saves a graph and empties its log.

A tenth of its own default: the log holds all of them once more. Of 1,000 rows or more at once it saves them once.
"""

_READ_ROWS = 2_000
"""Ids in one `get`, of rows of 6 kB: one that matches more than 32,766 with metadata fails (SQLite's variables)."""

_REQUEST_BYTES = 16 * 2**20
"""Of one request: `chroma run` refuses more than 40 MB, and encoding takes a third more than the bytes."""


class Table:
    """A collection behind a `Caller`.

    Args:
        collection: Chroma's.
        caller: Wraps every call.
        max_batch: The most rows that Chroma takes at once.
    """

    def __init__(self, collection: ChromaCollection, caller: Caller, max_batch: int) -> None:
        self._collection = collection
        self._call = caller
        self._max_batch = max_batch

    def count(self) -> int:
        """All rows."""
        return self._call(self._collection.count)

    def all_ids(self, where: Mapping[str, Any] | None = None) -> list[str]:
        """Ids of all rows, or of those that match; any number."""
        found = self._call(self._collection.get, where=dict(where) if where else None, include=[])
        return list(found["ids"])

    def existing(self, ids: Sequence[str]) -> list[str]:
        """Those of the ids that are there."""
        return [name for page in self._pages(ids, _READ_ROWS, []) for name in page["ids"]]

    def metadata(self, ids: Sequence[str], keys: Collection[str] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """Id and metadata, or these keys of it, of those that are there, in no particular order."""
        for names, kept in self.pages(ids):
            for name, row in zip(names, kept, strict=True):
                yield name, row if keys is None else {key: row[key] for key in keys if key in row}

    def pages(self, ids: Sequence[str]) -> Iterator[tuple[list[str], list[dict[str, Any]]]]:
        """Everything of those that are there, as `upsert` takes it."""
        for page in self._pages(ids, _READ_ROWS, ["metadatas"]):
            yield list(page["ids"]), [dict(kept or {}) for kept in page["metadatas"] or []]

    def upsert(self, ids: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> None:
        """Write or replace rows; Chroma merges metadata, so keys to remove must be ``None``."""
        for first, last in self._portions(metadata):
            self._call(
                self._collection.upsert,
                ids=list(ids[first:last]),
                embeddings=np.zeros((last - first, 1), np.float32),  # Chroma wants a vector, and nobody looks for one
                metadatas=[dict(row) for row in metadata[first:last]],
            )

    def delete(self, ids: Sequence[str]) -> None:
        """Remove rows; absent ids are fine."""
        for first in range(0, len(ids), self._max_batch):
            self._call(self._collection.delete, ids=list(ids[first : first + self._max_batch]))

    def save_rarely(self) -> None:
        """Save the graph as usual, from the next time on that Chroma opens it; the collection was just made."""
        with warnings.catch_warnings(category=DeprecationWarning, action="ignore"):  # Chroma's own, of its own form
            self._call(self._collection.modify, configuration={"hnsw": {"sync_threshold": SAVE_ROWS}})

    def _pages(self, ids: Sequence[str], rows: int, include: list[Any]) -> Iterator[GetResult]:
        for first in range(0, len(ids), rows):
            yield self._call(self._collection.get, ids=list(ids[first : first + rows]), include=include)

    def _portions(self, metadata: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int]]:
        first, size = 0, 0
        for position, row in enumerate(metadata):
            weight = sum(len(value) for value in row.values() if isinstance(value, str))
            if position > first and (position - first >= self._max_batch or size + weight > _REQUEST_BYTES):
                yield first, position
                first, size = position, 0
            size += weight
        if metadata:
            yield first, len(metadata)
