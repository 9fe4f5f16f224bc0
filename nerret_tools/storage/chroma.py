"""The store of an index: documents and mentions in two Chroma collections.

A batch is journalled in the documents collection's metadata before anything of it is written, and cleared
from there when all is. Readers leave journalled documents out; the next writer removes what a killed one
left, so that adding the same documents again ends in the state of an undisturbed run.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerret_tools.errors import IndexLockedError, InputError, StoreError, StoreUnavailableError
from nerret_tools.scan import Scan, ScanCopy
from nerret_tools.storage.filters import parse_filter
from nerret_tools.storage.keys import NAMES, TEXT, content_of, metadata_of
from nerret_tools.storage.metadata import RESERVED_PREFIX
from nerret_tools.storage.open_index import WritableIndex, index_states, open_index
from nerret_tools.storage.packed import unpack_names
from nerret_tools.storage.records import PART_MENTIONS, MentionBlock, StoredDocument, StoredMention, part_of
from nerret_tools.storage.refresh import refresh
from nerret_tools.storage.writing import delete, write

if TYPE_CHECKING:
    from nerret_tools.storage.open_index import OpenIndex
    from nerret_tools.storage.state import IndexState, Plain

__all__ = ["SCAN_DTYPES", "ChromaStore"]

SCAN_DTYPES = ("float32", "int8")
"""What a scan can read."""

_PORTION = 50_000
"""Documents whose metadata is looked at at a time: some 50 MB."""

_ATTEMPTS = 5
"""Times that documents are read again because another process changed something meanwhile."""

_WAIT_SECONDS = 60.0
"""For another process that brings the scan copy up to date: about 400,000 mentions' time."""

_STEP_SECONDS = 0.02
"""Between two looks at it: a writer takes such a moment between the two parts of a change."""


class ChromaStore:
    """One index in Chroma; made by `open`.

    Several threads may use it, and several stores of one process may have the same place open. A place may have
    many readers but must have one writer at a time: a folder's takes a lock at its first change and keeps it until
    it is closed.

    Attributes:
        location: The folder's real path, or the address.
        name: Of the index.
        index_id: Made when the index was created.
        identity: What it was created with.
        dimension: Of the mention vectors.
        scan_dtype: What `scan` reads.
    """

    def __init__(self, index: OpenIndex, state: IndexState, scan_dtype: str = "int8") -> None:
        self._index = index
        self._closed = False
        self._process = os.getpid()
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
        scan_dtype: str = "int8",
    ) -> ChromaStore:
        """Open an index, or make it.

        Args:
            location: A folder, or ``http://host:port`` of a Chroma server.
            name: Of the index; a place may hold several.
            identity: What the index is built with, flat; written at creation. Compare it with `identity`.
            dimension: Of the mention vectors; written at creation. Compare it with `dimension`.
            create: Whether to make the index where there is none.
            retry_seconds: How long a call waits for a server that went away.
            scan_dtype: Of the products: ``int8``, or ``float32``, which is slower; the answers are the same.

        Raises:
            InputError: The name or the number format is not possible.
            IndexNotFoundError: No index and `create` is false; nothing is made on disk.
            IndexLockedError: There is none yet, and another process writes to the folder.
            IndexFormatError: A newer version's index, or somebody else's collection.
            StoreUnavailableError: No server there, or a folder that cannot be read, or made.
        """
        if scan_dtype not in SCAN_DTYPES:
            raise InputError(f"scan_dtype {scan_dtype!r} is not possible; choose one of {', '.join(SCAN_DTYPES)}")
        index, state = open_index(
            location, name, identity=identity, dimension=dimension, create=create, retry_seconds=retry_seconds
        )
        return cls(index, state, scan_dtype)

    @staticmethod
    def names(location: str | Path) -> list[str]:
        """Names of all indexes at a place, sorted; raises as `open` does."""
        return list(index_states(location))

    def close(self) -> None:
        """Give the place back; closing twice is fine."""
        if self._closed or self._process != os.getpid():
            return
        self._closed = True
        self._index.connection.release()

    def generation(self) -> int:
        """Read from Chroma; it grows with everything that changes what readers see."""
        return self._state().generation

    def begin_writing(self) -> None:
        """Become the process that writes, now rather than at the first change.

        Raises:
            IndexLockedError: Another process is; the index can be searched meanwhile.
            StoreUnavailableError: The place cannot be written.
        """
        self._state()
        self._index.connection.writing()

    def known(self, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Content hash and mention count of those of the ids that are stored completely."""
        hidden = self._state().hidden
        kept = self._index.documents.metadata(list(dict.fromkeys(_checked(ids))))
        return {name: content_of(one) for name, one in kept if name not in hidden}

    def write(self, batch: Sequence[tuple[StoredDocument, MentionBlock]]) -> None:
        """Add documents, replacing those that are there.

        Args:
            batch: Each document with all its mentions. Readers see it as a whole, in parts of 5,000.

        Raises:
            DocumentError: An id twice, or parts that do not fit each other; nothing was written.
            IndexLockedError: Another process writes to the folder.
            StoreUnavailableError: Write the same again later; nothing half-written is shown meanwhile.
        """
        with self._writing():
            write(self._writable(), self._scan_copy(), batch)

    def delete(self, ids: Sequence[str]) -> int:
        """Remove documents with their mentions; returns how many there were. Raises as `write` does."""
        ids = _checked(ids)
        with self._writing():
            return delete(self._writable(), self._scan_copy(), ids)

    def compact(self) -> int:
        """Rewrite the folder so that nothing of deleted or replaced documents is left; returns the bytes given back.

        All indexes of the folder are rewritten. It takes as much room as they do, and no other thread may use them.

        Raises:
            IndexLockedError: Another process writes to the folder.
            StoreError: A server: it must be done on its machine. Or other programs' collections are in the folder.
            StoreUnavailableError: There is no room.
        """
        from nerret_tools.storage.compaction import compact  # with Chroma

        if self._index.connection.folder is None:
            return compact(self._index.connection)
        with self._writing():
            return compact(self._index.connection)

    def documents(self, ids: Sequence[str]) -> list[StoredDocument]:
        """The documents in the order asked for, without those that are not there."""
        unique, found = list(dict.fromkeys(_checked(ids))), dict[str, StoredDocument]()
        state = self._state()
        for _ in range(_ATTEMPTS):
            wanted = [name for name in unique if name not in state.hidden]
            found = self._read_documents(wanted)
            before, state = state, self._state()
            if state.generation == before.generation:
                break
        return [found[name] for name in ids if name in found and name not in state.hidden]

    def _read_documents(self, ids: Sequence[str]) -> dict[str, StoredDocument]:
        first_parts = {part_of(name, 0): name for name in ids}
        texts = {first_parts[part]: kept[TEXT] for part, kept in self._index.parts.metadata(list(first_parts), [TEXT])}
        found = {}
        for name, kept in self._index.documents.metadata(ids):
            if name in texts:
                content_hash, mention_count = content_of(kept)
                found[name] = StoredDocument(name, texts[name], metadata_of(kept), content_hash, mention_count)
        return found

    def mentions(self, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], StoredMention]:
        """The mentions by document id and number, without those that are not there."""
        hidden = self._state().hidden
        wanted: dict[str, list[tuple[str, int]]] = {}
        for name, number in keys:
            if name not in hidden:
                wanted.setdefault(part_of(name, number), []).append((name, number))
        found: dict[tuple[str, int], StoredMention] = {}
        for part, kept in self._index.parts.metadata(list(wanted), [NAMES]):
            names = unpack_names(kept[NAMES])
            for name, number in wanted[part]:
                if (place := number % PART_MENTIONS) < len(names):
                    found[name, number] = StoredMention(name, number, *names[place])
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
            portions = [found[first : first + _PORTION] for first in range(0, len(found), _PORTION)]
            kept = (one for portion in portions for one in self._index.documents.metadata(portion))
            found = [name for name, stored in kept if chosen.matches(metadata_of(stored))]
        return set(found).difference(hidden)

    def fields(self) -> dict[str, int]:
        """Metadata keys that a filter can name, sorted, with the number of documents that have each."""
        self._state()
        documents = self._index.documents
        counts = Counter(
            key
            for _, kept in documents.metadata(documents.all_ids())
            for key in kept
            if not key.startswith(RESERVED_PREFIX)
        )
        return dict(sorted(counts.items()))

    def count_documents(self) -> int:
        """Documents that are stored completely."""
        hidden = self._state().hidden
        return self._index.documents.count() - len(self._index.documents.existing(list(hidden)))

    def count_mentions(self) -> int:
        """Mentions of those documents."""
        return self._state().mentions

    def scan(self) -> Scan:
        """The vectors as they are now; read again from Chroma only where somebody else changed something.

        Raises:
            IndexLockedError: Another process is just bringing the copy of the vectors up to date.
            StoreUnavailableError: The store does not answer.
        """
        state, connection = self._state(), self._index.connection
        quantised = self.scan_dtype == "int8"
        if not connection.writes and connection.keeps_scan(state):
            return self._followed(quantised)
        copy = connection.scan_copy(state)
        with copy.lock:
            copy.forget_damaged()
            if copy.generation != state.generation:
                self._refresh(copy, self._index)
            return copy.snapshot(quantised=quantised)

    def _followed(self, quantised: bool) -> Scan:
        """A scan of the copy that a writer keeps; where nobody writes, and it is not good, it is built."""
        connection = self._index.connection
        deadline = time.monotonic() + _WAIT_SECONDS
        while True:
            reader = connection.scan_reader(self.index_id, self.dimension)
            found = reader.snapshot(self._state().generation, quantised=quantised)
            if found is not None:
                return found
            if time.monotonic() > deadline:
                raise IndexLockedError(
                    f"another process writes to {self._index.title} and has not described its vectors for "
                    f"{_WAIT_SECONDS:g} seconds; try again, or close that process"
                )
            try:
                self._build_copy()
            except IndexLockedError:
                time.sleep(_STEP_SECONDS)

    def _build_copy(self) -> None:
        connection = self._index.connection
        with connection.briefly_writing() as (folder, database):
            copy = ScanCopy(folder / "scan" / self.index_id, self.index_id, self.dimension)
            try:
                self._refresh(copy, WritableIndex(self._index.title, self.name, database))
                if not copy.on_disk:
                    raise StoreUnavailableError(
                        f"the copy of the vectors of {self._index.title} cannot be written; make room on the disk"
                    )
            finally:
                copy.close()
        connection.scan_reader(self.index_id, self.dimension, folder)

    def _state(self) -> IndexState:
        if self._process != os.getpid():
            raise StoreError(
                f"{self._index.title} was opened before this process was forked from another; open it again here"
            )
        if self._closed:
            raise StoreError(f"index {self.name!r} at {self.location} was closed; open it again")
        state = self._index.state()
        if state.index_id != self.index_id:
            raise StoreError(f"{self._index.title} was replaced by another one meanwhile; open it again")
        return state

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One change at a time, by the process that may; the copy of the vectors, if it is in the folder, keeps up."""
        self.begin_writing()
        with self._index.connection.write_lock:
            self._keep_up()
            yield
            self._keep_up()

    def _keep_up(self) -> None:
        if self._index.connection.folder is None:
            return
        copy = self._scan_copy()
        if copy.on_disk and copy.generation != self.generation():
            self._refresh(copy, self._writable())

    def _writable(self) -> WritableIndex:
        return self._index.writable()

    def _scan_copy(self) -> ScanCopy:
        return self._index.connection.scan_copy(self._state())

    def _refresh(self, copy: ScanCopy, index: OpenIndex | WritableIndex) -> None:
        with copy.lock:
            state = index.state()
            if state.generation == 0 and copy.generation is None and copy.on_disk:
                # A new index: the copy grows with it, and Chroma need not be read for it.
                copy.reset()
                copy.generation = 0
                copy.save()
            elif copy.generation != state.generation:
                refresh(copy, index, state)
                copy.save()


def _checked(ids: Sequence[str]) -> Sequence[str]:
    for name in ids:
        if not isinstance(name, str):
            raise InputError(f"document ids are text, got {name!r} ({type(name).__name__}); write str({name!r})")
        try:
            name.encode()
        except UnicodeEncodeError:
            raise InputError(f"the document id {name!r} has a lone surrogate, which is no Unicode text") from None
    return ids
