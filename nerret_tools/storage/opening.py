"""Finding or making an index at a place: its name, its two collections, its scan copy."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from chromadb.errors import NotFoundError

from nerret_tools.errors import IndexNotFoundError, InputError, StoreError
from nerret_tools.scan import ScanCopy
from nerret_tools.storage.calls import RETRY_SECONDS, Caller
from nerret_tools.storage.connection import Connection, is_server
from nerret_tools.storage.metadata import RESERVED_PREFIX
from nerret_tools.storage.peek import DOCUMENTS_ENDING, states_of
from nerret_tools.storage.state import IndexState, Plain
from nerret_tools.storage.table import CHEAP_HNSW, Table

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateCollectionConfiguration

__all__ = ["OpenIndex", "index_names", "open_index"]

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,199}(?<!\.)")
"""Chroma's rule for collections (512 characters, no two periods in a row), with room for our endings."""


@dataclass
class OpenIndex:
    """An open index: everything that `ChromaStore` works with.

    Attributes:
        connection: To be released once.
        call: For calls to Chroma beside the tables'.
        documents: Text, metadata, content hash, mention count.
        mentions: Embedding, span, surface text.
    """

    connection: Connection
    call: Caller
    name: str
    documents: Table
    mentions: Table

    @property
    def title(self) -> str:
        """The index in words, for messages."""
        return f"index {self.name!r} at {self.connection.location}"

    def state(self) -> IndexState:
        """Read afresh: other programs may write to a server."""
        collection = self.call(_find, self.connection.client, _documents_name(self.name))
        if collection is None:
            raise IndexNotFoundError(f"{self.title} was removed meanwhile; open it again")
        return IndexState.from_metadata(collection.metadata, self.title)

    def set_state(self, state: IndexState) -> None:
        """Replace what is stored."""
        collection = self.call(_find, self.connection.client, _documents_name(self.name))
        if collection is None:
            raise IndexNotFoundError(f"{self.title} was removed meanwhile; open it again")
        self.call(collection.modify, metadata=dict(state.to_metadata()))

    def scan_copy(self, index_id: str, dimension: int) -> ScanCopy:
        """The copy that all users of this index in this process share."""
        with self.connection.write_lock:
            if index_id not in self.connection.scans:
                folder = self.connection.folder
                place = folder / "scan" / index_id if folder else _cache_folder() / index_id
                self.connection.scans[index_id] = ScanCopy(place, index_id, dimension)
            return self.connection.scans[index_id]


def open_index(
    location: str | Path,
    name: str,
    *,
    identity: Mapping[str, Plain],
    dimension: int,
    create: bool,
    retry_seconds: float = RETRY_SECONDS,
) -> tuple[OpenIndex, IndexState]:
    """Open an index, or make it.

    Args:
        location: Folder or address.
        name: Of the index; a place may hold several.
        identity: Written when it is made.
        dimension: Of the mention vectors, written when it is made.
        create: Whether to make it where there is none.
        retry_seconds: How long calls wait for a server that went away.

    Raises:
        InputError: The name or the identity cannot be used.
        StoreError: See its subclasses.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"index name {name!r} cannot be used: 1 to 200 of the characters a-z A-Z 0-9 . _ - are possible, "
            "beginning with a letter or digit, without two periods in a row or one at the end"
        )
    if reserved := [key for key in identity if key.startswith(RESERVED_PREFIX)]:
        raise InputError(f"identity keys {reserved} begin with {RESERVED_PREFIX!r}, which is reserved")
    connection = Connection.acquire(location, create=create)
    try:
        call = Caller(connection.location, server=is_server(location), retry_seconds=retry_seconds)
        max_batch = call(connection.client.get_max_batch_size)
        documents = call(_find, connection.client, _documents_name(name))
        if documents is None:
            if not create:
                raise IndexNotFoundError(
                    f"there is no index {name!r} at {connection.location}; check the name, "
                    "or build it by adding documents"
                )
            first = IndexState(uuid.uuid4().hex, dimension, generation=0, identity=dict(identity))
            # The documents come last: an index exists once they do.
            call(_make, connection.client, _mentions_name(name), None)
            documents = call(_make, connection.client, _documents_name(name), first.to_metadata())
        mentions = call(_make, connection.client, _mentions_name(name), None)
        index = OpenIndex(connection, call, name, Table(documents, call, max_batch), Table(mentions, call, max_batch))
        return index, index.state()
    except (StoreError, InputError):
        connection.release()
        raise


def index_names(location: str | Path) -> list[str]:
    """Names of all indexes at a place, sorted.

    Raises:
        StoreError: See its subclasses.
    """
    connection = Connection.acquire(location, create=False)
    try:
        call = Caller(connection.location, server=is_server(location))
        return list(states_of({one.name: one.metadata for one in call(connection.client.list_collections)}))
    finally:
        connection.release()


def _documents_name(name: str) -> str:
    return f"{name}{DOCUMENTS_ENDING}"


def _mentions_name(name: str) -> str:
    return f"{name}.mentions"


def _find(client: ClientAPI, name: str) -> Collection | None:
    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None


def _make(client: ClientAPI, name: str, metadata: dict[str, Plain] | None) -> Collection:
    configuration = cast("CreateCollectionConfiguration", {"hnsw": CHEAP_HNSW})
    return client.create_collection(
        name, configuration=configuration, metadata=metadata, embedding_function=None, get_or_create=True
    )


def _cache_folder() -> Path:
    """Where a server's scan copies are kept: the user's cache folder, by the XDG rules."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "nerret-tools"
