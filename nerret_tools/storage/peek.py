"""What indexes a place holds, read without loading Chroma: its import alone takes half a second.

A folder's Chroma keeps its collections in two SQLite tables, a server lists them over HTTP. Both are read as
Chroma 1.5 gives them; where that does not work, the caller has to open the place in the usual way.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from nerret_tools.errors import IndexFormatError, StoreError
from nerret_tools.storage.state import IndexState

__all__ = [
    "DATABASE_NAME",
    "DOCUMENTS_ENDING",
    "LOCK_NAME",
    "ServerAddress",
    "is_server",
    "peek",
    "peek_server",
    "states_of",
]

LOCK_NAME = "nerret.lock"
DATABASE_NAME = "chroma.sqlite3"
"""The file by which a folder of Chroma is known."""

DOCUMENTS_ENDING = ".documents"
"""Of the collection that stands for an index; the other one is its mentions'."""

_QUERY = """
SELECT collections.name, key, str_value, int_value, float_value, bool_value
FROM collections JOIN collection_metadata ON collection_metadata.collection_id = collections.id
"""

SERVER_PORT = 8000
"""Of an ``http://`` address without one: `chroma run` listens there."""

_COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections"

_GLANCE_SECONDS = 1.0
"""A server that takes longer to list its collections is left to the usual way, which waits."""


class ServerAddress(NamedTuple):
    """Where a Chroma server listens; the host is without brackets."""

    secure: bool
    host: str
    port: int

    @classmethod
    def parse(cls, address: str) -> ServerAddress:
        """Take ``http://host:port`` apart.

        Raises:
            StoreError: It is not an address.
        """
        parts = urlsplit(address)
        secure = parts.scheme == "https"
        try:
            port = parts.port or (443 if secure else SERVER_PORT)
        except ValueError as error:
            raise StoreError(f"{address} is not an address: {error}; it should look like http://host:port") from error
        if not parts.hostname:
            raise StoreError(f"{address} has no host; it should look like http://host:port")
        return cls(secure, parts.hostname, port)


def is_server(location: str | Path) -> bool:
    """Whether the location is an address rather than a folder."""
    return isinstance(location, str) and location.startswith(("http://", "https://"))


def peek(folder: Path) -> dict[str, IndexState] | None:
    """The indexes of a folder by name, or ``None`` where only opening it can tell.

    That is: there is no folder, another process has it open, or it is not as expected.
    """
    database = folder / DATABASE_NAME
    if not database.is_file():
        return None
    try:
        with FileLock(folder / LOCK_NAME, timeout=0, thread_local=False):
            rows = _read(database)
    except (Timeout, OSError, sqlite3.Error):
        return None
    found: dict[str, dict[str, Any]] = {}
    for name, key, *values in rows:
        given = next((value for value in values[:3] if value is not None), None)
        found.setdefault(name, {})[key] = bool(values[3]) if given is None else given
    return states_of(found)


def peek_server(address: str) -> dict[str, IndexState] | None:
    """The indexes of a Chroma server by name, or ``None`` where only opening it can tell.

    That is: it does not answer in a second, wants to know who asks, or answers in some other way.
    """
    connection: HTTPConnection | None = None
    try:
        secure, host, port = ServerAddress.parse(address)
        connection = (HTTPSConnection if secure else HTTPConnection)(host, port, timeout=_GLANCE_SECONDS)
        connection.request("GET", _COLLECTIONS)
        answer = connection.getresponse()
        if answer.status != 200:  # OK
            return None
        return states_of({str(one["name"]): one["metadata"] for one in json.load(answer)})
    except (StoreError, OSError, HTTPException, ValueError, TypeError, KeyError):
        return None
    finally:
        if connection is not None:
            connection.close()


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


def _read(database: Path) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=0)
    try:
        return connection.execute(_QUERY).fetchall()
    finally:
        connection.close()
