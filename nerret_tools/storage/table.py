"""One Chroma collection, read and written in portions that Chroma and SQLite can take."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerret_tools.storage.calls import Caller
from nerret_tools.storage.packed import unpack

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api.types import GetResult

__all__ = ["CHEAP_HNSW", "SAVE_ROWS", "Table"]

CHEAP_HNSW = {"space": "ip", "ef_construction": 16, "max_neighbors": 8, "ef_search": 16}
"""Nobody searches this graph, so it is built loosely: about four times as fast as with Chroma's settings.

Not as loosely as Chroma allows: with 2 neighbors and a candidate list of 1 (another 1.5 times as fast) parts
of the graph fall off, and adding after deletes then failed ("Failed to apply logs to the hnsw segment
writer") or crashed the process. The inner product leaves the vectors as they are ("cosine" would scale them).
"""

SAVE_ROWS = 1_000
"""Changed rows after which Chroma saves a graph and empties its log: its own default."""

_READ_ROWS = 5_000
"""Ids in one `get`: a read that matches more than 32,766 rows with metadata fails (SQLite's variables)."""

_REQUEST_BYTES = 16 * 2**20
"""Of one request: `chroma run` refuses more than 40 MB, and encoding takes a third more than the bytes."""


class Table:
    """A collection behind a `Caller`.

    Args:
        collection: Chroma's.
        caller: Wraps every call.
        max_batch: The most rows that Chroma takes at once.
    """

    def __init__(self, collection: Collection, caller: Caller, max_batch: int) -> None:
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

    def metadata(self, ids: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Id and metadata of those that are there, in no particular order."""
        for page in self._pages(ids, _READ_ROWS, ["metadatas"]):
            yield from (
                (name, dict(kept or {})) for name, kept in zip(page["ids"], page["metadatas"] or [], strict=True)
            )

    def texts(self, ids: Sequence[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Id, text and metadata of those that are there."""
        for page in self._pages(ids, _READ_ROWS, ["metadatas", "documents"]):
            rows = zip(page["ids"], page["documents"] or [], page["metadatas"] or [], strict=True)
            yield from ((name, text or "", dict(kept or {})) for name, text, kept in rows)

    def vectors(self, ids: Sequence[str], dimension: int) -> Iterator[tuple[list[str], npt.NDArray[np.float32]]]:
        """Ids and ``[n, dimension]`` vectors, page by page, of those that are there, written as `pack` made them."""
        rows = max(1, min(_READ_ROWS, _REQUEST_BYTES // (dimension * 4)))
        for page in self._pages(ids, rows, ["embeddings"]):
            if page["ids"]:
                yield list(page["ids"]), unpack(np.asarray(page["embeddings"], dtype=np.float32), dimension)

    def pages(
        self, ids: Sequence[str]
    ) -> Iterator[tuple[list[str], npt.NDArray[np.float32], list[dict[str, Any]], list[str] | None]]:
        """Everything of those that are there, as `upsert` takes it."""
        for page in self._pages(ids, _READ_ROWS, ["embeddings", "metadatas", "documents"]):
            texts = [text for text in page["documents"] or [] if text is not None]
            yield (
                list(page["ids"]),
                np.asarray(page["embeddings"], dtype=np.float32),
                [dict(kept or {}) for kept in page["metadatas"] or []],
                texts if len(texts) == len(page["ids"]) else None,
            )

    def upsert(
        self,
        ids: Sequence[str],
        vectors: npt.NDArray[np.float32],
        metadata: Sequence[Mapping[str, Any]],
        texts: Sequence[str] | None = None,
    ) -> None:
        """Write or replace rows; Chroma merges metadata, so keys to remove must be ``None``."""
        row_bytes = 6 * vectors.shape[1] if len(vectors) else 0
        for first, last in self._portions(len(ids), row_bytes, texts):
            self._call(
                self._collection.upsert,
                ids=list(ids[first:last]),
                embeddings=vectors[first:last],
                metadatas=[dict(row) for row in metadata[first:last]],
                documents=None if texts is None else list(texts[first:last]),
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

    def _portions(self, count: int, row_bytes: int, texts: Sequence[str] | None) -> Iterator[tuple[int, int]]:
        first, size = 0, 0
        for position in range(count):
            weight = row_bytes + (0 if texts is None else len(texts[position]))
            if position > first and (position - first >= self._max_batch or size + weight > _REQUEST_BYTES):
                yield first, position
                first, size = position, 0
            size += weight
        if first < count:
            yield first, count
