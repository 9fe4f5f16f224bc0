"""The store of an index: documents and mentions in two Chroma collections.

A batch is journalled in the documents collection's metadata before anything of it is written, and cleared
from there when all is. Readers leave journalled documents out; the next writer removes what a killed one
left, so that adding the same documents again ends in the state of an undisturbed run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerret_tools.errors import InputError
from nerret_tools.storage.filters import parse_filter
from nerret_tools.storage.keys import METADATA, content_of
from nerret_tools.storage.metadata import from_json
from nerret_tools.storage.records import MentionBlock, StoredDocument, StoredMention

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from nerret_tools.scan import Scan, ScanCopy
    from nerret_tools.storage.opening import OpenIndex
    from nerret_tools.storage.state import IndexState, Plain

__all__ = ["SCAN_DTYPES", "ChromaStore"]

SCAN_DTYPES = ("float32", "int8")
"""What a scan can read."""

_SAVE_ROWS = 50_000
"""Rows quantised at once that are worth saving: a quarter of a second's work."""


class ChromaStore:
    """One index in Chroma; made by `open`.

    Several threads may use it, and several stores of one process may have the same place open. A server may
    have many readers but must have one writer at a time.

    Attributes:
        location: The folder's real path, or the address.
        name: Of the index.
        index_id: Made when the index was created.
        identity: What it was created with.
        dimension: Of the mention vectors.
        scan_dtype: What `scan` reads.
    """

    def __init__(self, index: OpenIndex, state: IndexState, scan_dtype: str = "float32") -> None:
        self._index = index
        self._closed = False
        self.scan_dtype = scan_dtype
        self.location = index.connection.location
        self.name = index.name
        self.index_id = state.index_id
        self.identity: dict[str, Plain] = state.identity
        self.dimension = state.dimension

    @classmethod
    def open(
        cls,
        location: str | Path,
        name: str = "default",
        *,
        identity: Mapping[str, Plain],
        dimension: int,
        create: bool = True,
        retry_seconds: float = 20.0,
        scan_dtype: str = "float32",
    ) -> ChromaStore:
        """Open an index, or make it.

        Args:
            location: A folder, or ``http://host:port`` of a Chroma server.
            name: Of the index; a place may hold several.
            identity: What the index is built with, flat; written at creation. Compare it with `identity`.
            dimension: Of the mention vectors; written at creation. Compare it with `dimension`.
            create: Whether to make the index where there is none.
            retry_seconds: How long a call waits for a server that went away.
            scan_dtype: ``float32``, or ``int8`` to scan a quarter of the bytes; the order stays the same.

        Raises:
            InputError: The name or the number format is not possible.
            IndexNotFoundError: No index and `create` is false; nothing is made on disk.
            IndexLockedError: Another process has the folder open.
            IndexFormatError: A newer version's index, or somebody else's collection.
            StoreUnavailableError: No server there, or a folder that cannot be written.
        """
        from nerret_tools.storage.opening import open_index

        if scan_dtype not in SCAN_DTYPES:
            raise InputError(f"scan_dtype {scan_dtype!r} is not possible; choose one of {', '.join(SCAN_DTYPES)}")
        index, state = open_index(
            location, name, identity=identity, dimension=dimension, create=create, retry_seconds=retry_seconds
        )
        return cls(index, state, scan_dtype)

    @staticmethod
    def names(location: str | Path) -> list[str]:
        """Names of all indexes at a place, sorted; raises as `open` does."""
        from nerret_tools.storage.opening import index_names

        return index_names(location)

    def close(self) -> None:
        """Save the scan copy and give the place back; closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        try:
            scan = self._index.connection.scans.get(self.index_id)
            if scan is not None:
                scan.save()
        finally:
            self._index.connection.release()

    def generation(self) -> int:
        """Read from Chroma; it grows with everything that changes what readers see."""
        return self._state().generation

    def known(self, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Content hash and mention count of those of the ids that are stored completely."""
        hidden = self._state().hidden
        return {
            name: content_of(kept)
            for name, kept in self._index.documents.metadata(list(dict.fromkeys(ids)))
            if name not in hidden
        }

    def write(self, batch: Sequence[tuple[StoredDocument, MentionBlock]]) -> None:
        """Add documents, replacing those that are there.

        Args:
            batch: Each document with all its mentions. Readers see it as a whole, in parts of 5,000.

        Raises:
            DocumentError: An id twice, or parts that do not fit each other; nothing was written.
            StoreUnavailableError: Write the same again later; nothing half-written is shown meanwhile.
        """
        from nerret_tools.storage.writing import write

        self._state()
        write(self._index, self._scan_copy(), batch)

    def delete(self, ids: Sequence[str]) -> int:
        """Remove documents with their mentions; returns how many there were."""
        from nerret_tools.storage.writing import delete

        self._state()
        return delete(self._index, self._scan_copy(), ids)

    def documents(self, ids: Sequence[str], *, vectors: bool = False) -> list[StoredDocument]:
        """The documents in the order asked for, without those that are not there.

        Args:
            ids: Any number.
            vectors: Whether to read the documents' own vectors as well.
        """
        hidden = self._state().hidden
        wanted = [name for name in dict.fromkeys(ids) if name not in hidden]
        own = self._document_vectors(wanted) if vectors else {}
        found: dict[str, StoredDocument] = {}
        for name, text, kept in self._index.documents.texts(wanted):
            content_hash, mention_count = content_of(kept)
            metadata = from_json(kept[METADATA])
            found[name] = StoredDocument(name, text, metadata, content_hash, mention_count, own.get(name))
        return [found[name] for name in ids if name in found]

    def mentions(self, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], StoredMention]:
        """The mentions by document id and number, without those that are not there."""
        hidden = self._state().hidden
        wanted = {f"{name}#{number}": (name, number) for name, number in keys if name not in hidden}
        found: dict[tuple[str, int], StoredMention] = {}
        for mention_id, kept in self._index.mentions.metadata(list(wanted)):
            name, number = wanted[mention_id]
            found[name, number] = StoredMention(name, number, int(kept["start"]), int(kept["end"]), str(kept["text"]))
        return found

    def matching(self, where: Mapping[str, Any]) -> set[str]:
        """Ids of all documents, however many, whose metadata matches.

        Raises:
            FilterError: `where` is not understood, see `parse_filter`.
        """
        chosen = parse_filter(where)
        hidden = self._state().hidden
        found = self._index.documents.all_ids(chosen.candidates)
        if not chosen.exact:
            kept = self._index.documents.metadata(found)
            found = [name for name, stored in kept if chosen.matches(from_json(stored[METADATA]))]
        return set(found).difference(hidden)

    def count_documents(self) -> int:
        """Documents that are stored completely."""
        hidden = self._state().hidden
        return self._index.documents.count() - len(self._index.documents.existing(list(hidden)))

    def count_mentions(self) -> int:
        """Mentions of those documents."""
        from nerret_tools.storage.records import mention_ids

        hidden = [mention for name, most in self._state().hidden.items() for mention in mention_ids(name, most)]
        return self._index.mentions.count() - len(self._index.mentions.existing(hidden))

    def scan(self) -> Scan:
        """The vectors as they are now; read again from Chroma only where somebody else changed something."""
        from nerret_tools.storage.refresh import refresh

        copy = self._scan_copy()
        with copy.lock:
            state = self._state()
            if copy.generation != state.generation:
                refresh(copy, self._index, state)
                copy.save()
            before = copy.quantised_count
            scan = copy.snapshot(quantised=self.scan_dtype == "int8")
            if copy.quantised_count - before >= _SAVE_ROWS:
                copy.save()
            return scan

    def _state(self) -> IndexState:
        from nerret_tools.errors import StoreError

        if self._closed:
            raise StoreError(f"index {self.name!r} at {self.location} was closed; open it again")
        state = self._index.state()
        if state.index_id != self.index_id:
            raise StoreError(f"{self._index.title} was replaced by another one meanwhile; open it again")
        return state

    def _scan_copy(self) -> ScanCopy:
        return self._index.scan_copy(self.index_id, self.dimension)

    def _document_vectors(self, ids: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        dimension = self._state().document_dimension
        if not dimension:
            return {}
        pages = self._index.documents.vectors(ids, dimension)
        # A document without a vector of its own holds zeros: Chroma wants one.
        return {name: vector for names, page in pages for name, vector in zip(names, page, strict=True) if vector.any()}
