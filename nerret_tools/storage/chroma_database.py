"""Chroma itself: a folder that this process writes to, or a server."""

from __future__ import annotations

import copy
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import chromadb
import httpx
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings
from chromadb.errors import NotFoundError

from nerret_tools.errors import IndexNotFoundError, StoreError, StoreUnavailableError
from nerret_tools.storage.calls import RETRY_SECONDS, Caller
from nerret_tools.storage.graphs import blank_room
from nerret_tools.storage.place import DATABASE_NAME, ServerAddress, start_command
from nerret_tools.storage.table import CHEAP_HNSW, SAVE_ROWS, Table

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api import ClientAPI
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateCollectionConfiguration

__all__ = ["ChromaDatabase"]

_log = logging.getLogger(__name__)

_PROBE_SECONDS = 5.0
"""A server that does not answer in this time counts as away; Chroma's client would wait for ever."""

_ANSWER_SECONDS = 120.0
"""The longest that one call waits for a server which took the request: a large write takes a few seconds."""

_SMALL_INDEX = """
DROP INDEX embedding_metadata_string_value;
CREATE INDEX embedding_metadata_string_value ON embedding_metadata (key) WHERE string_value IS NOT NULL;
"""
"""Chroma's index of metadata that is text holds all of it once more: vectors and texts too, in twice their bytes.

By the keys alone it finds one of 1,000 sources of 60,000 documents in 50 ms, where it takes 12 with everything.
"""

_FREE_SHARE = 0.1
"""Of a database that may stay empty; the next rows fill it."""

_environment = threading.Lock()


class ChromaDatabase:
    """What Chroma keeps in one place.

    Args:
        client: Chroma's.
        call: For every call to it.
        sessions: Its HTTP sessions, which it does not close itself.
        folder: Where it keeps its files, if it is not a server.
    """

    def __init__(
        self,
        client: ClientAPI,
        call: Caller,
        sessions: list[httpx.Client] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.client = client
        self.call = call
        self._folder = folder
        self._sessions = sessions or []
        self._max_batch = call(client.get_max_batch_size)
        self._tables: dict[str, Table] = {}

    @classmethod
    def open_folder(cls, folder: Path) -> ChromaDatabase:
        """Open a folder whose lock this process holds.

        Raises:
            StoreError: It is no folder of Chroma's, or damaged.
        """
        call = Caller(str(folder), server=False)
        is_new = not (folder / DATABASE_NAME).exists()
        try:
            client = call(chromadb.PersistentClient, path=str(folder), settings=_settings())
            if is_new:
                cast("Client", client).close()
                with closing(sqlite3.connect(folder / DATABASE_NAME)) as sql:
                    sql.executescript(_SMALL_INDEX)
                client = call(chromadb.PersistentClient, path=str(folder), settings=_settings())
            return cls(client, call, folder=folder)
        except StoreError:
            # Chroma 1.5.9 keeps what could not start and would use it again for this path.
            SharedSystemClient._identifier_to_system.pop(str(folder), None)
            raise

    @classmethod
    def open_server(cls, address: ServerAddress, retry_seconds: float = RETRY_SECONDS) -> ChromaDatabase:
        """Connect with a server.

        Raises:
            StoreUnavailableError: It does not answer.
        """
        try:
            with _proxies_for(address):
                probe = httpx.get(f"{address.url}/api/v2/heartbeat", headers=address.headers, timeout=_PROBE_SECONDS)
                probe.raise_for_status()
                client = chromadb.HttpClient(
                    host=address.url if address.prefix else address.url.split("//")[1].rsplit(":", 1)[0],
                    port=address.port,
                    ssl=address.secure,
                    headers=dict(address.headers),
                    settings=_settings(),
                )
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, ImportError) as error:
            raise StoreUnavailableError(_away(address, error)) from error
        # Chroma 1.5.9 neither closes its connections nor gives up waiting, and offers no setting for either.
        sessions = list(_sessions(client))
        for session in sessions:
            session.timeout = httpx.Timeout(_ANSWER_SECONDS, connect=_PROBE_SECONDS)
        return cls(client, Caller(address.url, server=True, retry_seconds=retry_seconds), sessions)

    def waiting(self, retry_seconds: float) -> ChromaDatabase:
        """The same for a user who waits so long for a server that went away."""
        if retry_seconds == self.call.retry_seconds:
            return self
        other = copy.copy(self)
        other._tables = {}
        other.call = Caller(self.call.location, server=self.call.server, retry_seconds=retry_seconds)
        return other

    def collections(self) -> dict[str, dict[str, Any]]:
        """The metadata of all collections by their names."""
        return {one.name: dict(one.metadata or {}) for one in self.call(self.client.list_collections)}

    def metadata(self, name: str) -> dict[str, Any] | None:
        """A collection's, or ``None`` where there is none of the name."""
        found = self.call(_find, self.client, name)
        return None if found is None else dict(found.metadata or {})

    def set_metadata(self, name: str, metadata: Mapping[str, Any]) -> None:
        """Replace a collection's.

        Raises:
            IndexNotFoundError: There is none of the name.
        """
        self.call(self._collection(name).modify, metadata=dict(metadata))

    def make(self, name: str, metadata: Mapping[str, Any] | None = None, save_rows: int = SAVE_ROWS) -> Table:
        """A collection, made where it is not there; its graph is saved whenever so many rows changed."""
        hnsw = {**CHEAP_HNSW, "sync_threshold": save_rows}
        configuration = cast("CreateCollectionConfiguration", {"hnsw": hnsw})
        made = self.call(
            self.client.create_collection,
            name,
            configuration=configuration,
            metadata=None if metadata is None else dict(metadata),
            embedding_function=None,
            get_or_create=True,
        )
        return Table(made, self.call, self._max_batch)

    def table(self, name: str) -> Table:
        """The rows of a collection.

        Raises:
            IndexNotFoundError: There is none of the name.
        """
        if name not in self._tables:
            self._tables[name] = Table(self._collection(name), self.call, self._max_batch)
        return self._tables[name]

    def close(self) -> None:
        """Close the client; what it left of its memory in the files of a folder is blanked."""
        cast("Client", self.client).close()
        for session in self._sessions:
            session.close()
        # Another client of this process may still write there
        if self._folder is not None and str(self._folder) not in SharedSystemClient._identifier_to_system:
            try:
                blank_room(self._folder)
                _give_pages_back(self._folder / DATABASE_NAME)
            except (OSError, sqlite3.Error) as error:
                _log.warning("%s: Chroma's files could not be tidied (%s); compacting does it", self._folder, error)

    def _collection(self, name: str) -> Collection:
        found = self.call(_find, self.client, name)
        if found is None:
            raise IndexNotFoundError(f"the collection {name} at {self.call.location} was removed meanwhile")
        return found


def _give_pages_back(database: Path) -> None:
    """Make the file smaller where much of it is what Chroma's log had before; not while somebody reads."""
    with closing(sqlite3.connect(database, timeout=0)) as sql:
        free, pages = (sql.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_count"))
        if free > _FREE_SHARE * pages:
            with suppress(sqlite3.OperationalError):
                sql.execute("VACUUM")


def _settings() -> Settings:
    return Settings(anonymized_telemetry=False)


def _find(client: ClientAPI, name: str) -> Collection | None:
    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None


def _sessions(client: object) -> Iterator[httpx.Client]:
    """The client's own HTTP session, and the one of the administration client that it makes for itself."""
    for part in (client, getattr(client, "_admin_client", None)):
        session = getattr(getattr(part, "_server", None), "_session", None)
        if isinstance(session, httpx.Client):
            yield session


@contextmanager
def _proxies_for(address: ServerAddress) -> Iterator[None]:
    """No proxy can reach this machine's own address; Chroma's client takes its proxies from the environment only."""
    if not address.is_this_machine:
        yield
        return
    with _environment:
        before = {name: os.environ.get(name) for name in ("no_proxy", "NO_PROXY")}
        os.environ.update(dict.fromkeys(before, "*"))
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _away(address: ServerAddress, error: Exception) -> str:
    reason = str(error) or type(error).__name__
    proxies = {
        name: os.environ[name]
        for name in ("all_proxy", "http_proxy", "https_proxy", "ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY")
        if os.environ.get(name)
    }
    if isinstance(error, ImportError):
        reason = f"its proxy needs a package: pip install 'httpx[socks]' ({reason})"
    if proxies and not address.is_this_machine:
        used = ", ".join(f"{name}={value.rsplit('@', 1)[-1]}" for name, value in proxies.items())
        reason += f"; it was asked through the environment's proxy, {used}: to go around it, name the host in NO_PROXY"
    return (
        f"no Chroma server answers at {address.url} ({reason}); start one with "
        f"`{start_command()} --port {address.port}`, or check the address"
    )
