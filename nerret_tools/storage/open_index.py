"""Finding or making an index at a place: its name, its two collections, its state."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nerret_tools.errors import IndexNotFoundError, InputError
from nerret_tools.storage.connection import Connection
from nerret_tools.storage.folder_database import FolderDatabase, FolderTable
from nerret_tools.storage.metadata import RESERVED_PREFIX
from nerret_tools.storage.state import DOCUMENTS_ENDING, IndexState, Plain, states_of

if TYPE_CHECKING:
    from nerret_tools.storage.chroma_database import ChromaDatabase
    from nerret_tools.storage.table import Table

__all__ = ["OpenIndex", "WritableIndex", "index_states", "open_index"]

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,199}(?<!\.)")
"""Chroma's rule for collections (512 characters, no two periods in a row), with room for our endings."""


@dataclass
class OpenIndex:
    """An index that can be read.

    Attributes:
        connection: To be released once.
        name: Of the index.
        retry_seconds: How long a call waits for a server that went away.
    """

    connection: Connection
    name: str
    retry_seconds: float
    _patient: tuple[ChromaDatabase, ChromaDatabase] | None = None

    @property
    def title(self) -> str:
        """The index in words, for messages."""
        return f"index {self.name!r} at {self.connection.location}"

    @property
    def database(self) -> FolderDatabase | ChromaDatabase:
        """What it is read from now."""
        database = self.connection.database
        if isinstance(database, FolderDatabase):
            return database
        if self._patient is None or self._patient[0] is not database:
            self._patient = database, database.waiting(self.retry_seconds)
        return self._patient[1]

    @property
    def documents(self) -> FolderTable | Table:
        """Metadata, content hash, mention count."""
        return self.database.table(documents_name(self.name))

    @property
    def parts(self) -> FolderTable | Table:
        """Text, and mentions with their vectors."""
        return self.database.table(parts_name(self.name))

    def state(self) -> IndexState:
        """Read afresh: other programs may write.

        Raises:
            IndexNotFoundError: It was removed.
        """
        metadata = self.database.metadata(documents_name(self.name))
        if metadata is None:
            raise IndexNotFoundError(f"{self.title} was removed meanwhile; open it again")
        return IndexState.from_metadata(metadata, self.title)

    def writable(self) -> WritableIndex:
        """The same for writing.

        Raises:
            IndexLockedError: Another process writes.
            StoreUnavailableError: The place cannot be written.
        """
        self.connection.writing()
        database = self.database
        assert not isinstance(database, FolderDatabase), "it was just replaced"
        return WritableIndex(self.title, self.name, database)


class WritableIndex:
    """An index in Chroma.

    Args:
        title: In words, for messages.
        name: Of the index.
        database: Where it is.

    Attributes:
        documents: Metadata, content hash, mention count.
        parts: Text, and mentions with their vectors.
    """

    def __init__(self, title: str, name: str, database: ChromaDatabase) -> None:
        self.title = title
        self.documents = database.table(documents_name(name))
        self.parts = database.table(parts_name(name))
        self._name = name
        self._database = database

    def state(self) -> IndexState:
        """Read afresh: other programs may write to a server."""
        metadata = self._database.metadata(documents_name(self._name))
        if metadata is None:
            raise IndexNotFoundError(f"{self.title} was removed meanwhile; open it again")
        return IndexState.from_metadata(metadata, self.title)

    def set_state(self, state: IndexState) -> None:
        """Replace what is stored."""
        self._database.set_metadata(documents_name(self._name), state.to_metadata())


def open_index(
    location: str | Path,
    name: str,
    *,
    identity: Mapping[str, Plain],
    dimension: int,
    create: bool,
    retry_seconds: float,
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
        index = OpenIndex(connection, name, retry_seconds)
        if index.database.metadata(documents_name(name)) is None:
            if not create:
                raise IndexNotFoundError(
                    f"there is no index {name!r} at {connection.location}; check the name, "
                    "or build it by adding documents"
                )
            first = IndexState(uuid.uuid4().hex, dimension, generation=0, identity=dict(identity))
            database = connection.writing().waiting(retry_seconds)
            # The documents come last: an index exists once they do.
            database.make(parts_name(name))
            database.make(documents_name(name), first.to_metadata())
        return index, index.state()
    except BaseException:
        connection.release()
        raise


def index_states(location: str | Path) -> dict[str, IndexState]:
    """All indexes at a place by name, sorted.

    Raises:
        StoreError: See its subclasses.
    """
    connection = Connection.acquire(location, create=False)
    try:
        return states_of(connection.database.collections())
    finally:
        connection.release()


def documents_name(name: str) -> str:
    """The collection that stands for an index."""
    return f"{name}{DOCUMENTS_ENDING}"


def parts_name(name: str) -> str:
    """The one beside it."""
    return f"{name}.parts"
