"""Where an index is kept: a locked folder or a server, shared by all of a process that use it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

import chromadb
import httpx
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings
from filelock import FileLock, Timeout

from nerret_tools.errors import IndexLockedError, IndexNotFoundError, StoreError, StoreUnavailableError
from nerret_tools.storage.calls import Caller, start_command
from nerret_tools.storage.peek import DATABASE_NAME, LOCK_NAME, SERVER_PORT, ServerAddress, is_server

if TYPE_CHECKING:
    from chromadb.api.client import Client

    from nerret_tools.scan import ScanCopy

__all__ = ["Connection", "is_server"]

_PROBE_SECONDS = 5.0
"""A server that does not answer in this time counts as away; Chroma's client would wait for ever."""


_ANSWER_SECONDS = 120.0
"""The longest that one call waits for a server which took the request: a large write takes a few seconds."""


class Connection:
    """One open place, shared by its users and closed by the last of them.

    Attributes:
        location: Real path of the folder, or the address.
        client: Chroma's client.
        write_lock: One batch at a time; Chroma itself may be read meanwhile.
        scans: The scan copies by index id.
    """

    _open: ClassVar[dict[str, Connection]] = {}
    _registry_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(
        self, location: str, client: Client, lock: FileLock | None, sessions: Sequence[httpx.Client] = ()
    ) -> None:
        self.location = location
        self.client = client
        self.write_lock = threading.RLock()
        self.scans: dict[str, ScanCopy] = {}
        self._lock = lock
        self._sessions = sessions
        self._users = 0
        self._process = os.getpid()

    @property
    def folder(self) -> Path | None:
        """The folder, or ``None`` for a server."""
        return None if self._lock is None else Path(self.location)

    @classmethod
    def acquire(cls, location: str | Path, *, create: bool) -> Connection:
        """Open the place, or share it where this process has it open.

        Args:
            location: Folder, or ``http://host:port``.
            create: Whether a missing folder may be made.

        Raises:
            IndexNotFoundError: No index there and `create` is false; nothing was made.
            IndexLockedError: Another process has the folder open.
            StoreUnavailableError: The server does not answer, or the folder cannot be used.
        """
        key = str(location).rstrip("/") if is_server(location) else os.path.realpath(Path(location).expanduser())
        with cls._registry_lock:
            connection = cls._open.get(key)
            if connection is not None and connection._process != os.getpid():
                # A fork: threads and sockets of the parent's client are not ours, but its lock seems to be.
                if connection.folder is not None:
                    raise _locked(connection.folder)
                connection = None
            if connection is None:
                connection = _open_server(key) if is_server(location) else _open_folder(Path(key), create)
                cls._open[key] = connection
            connection._users += 1
            return connection

    def release(self) -> None:
        """Give it back; the last user closes it and frees the lock."""
        with Connection._registry_lock:
            self._users -= 1
            if self._users:
                return
            Connection._open.pop(self.location, None)
            for scan in self.scans.values():
                scan.close()
            self.scans.clear()
            self.client.close()
            for session in self._sessions:
                session.close()
            if self._lock is not None:
                self._lock.release()


def _open_folder(folder: Path, create: bool) -> Connection:
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder} is a file; an index is kept in a folder, so name another path")
    if not create and not (folder / DATABASE_NAME).exists():
        raise IndexNotFoundError(f"there is no index in {folder}; check the path, or build one by adding documents")
    # Not thread-local: an index may be closed by another thread than the one that opened it.
    lock = FileLock(folder / LOCK_NAME, thread_local=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise _locked(folder) from None
    except OSError as error:
        raise StoreUnavailableError(
            f"the folder {folder} cannot be used for an index ({error.strerror or error}); "
            "make it writable, or choose another one"
        ) from error
    try:
        client = Caller(str(folder), server=False)(
            chromadb.PersistentClient, path=str(folder), settings=Settings(anonymized_telemetry=False)
        )
    except StoreError:
        # Chroma 1.5.9 keeps what could not start and would use it again for this path.
        SharedSystemClient._identifier_to_system.pop(str(folder), None)
        lock.release()
        raise
    return Connection(str(folder), cast("Client", client), lock)


def _locked(folder: Path) -> IndexLockedError:
    return IndexLockedError(
        f"another process has the index in {folder} open; wait until it is done, or share it: run "
        f"`{start_command(str(folder))}` and connect with http://localhost:{SERVER_PORT}"
    )


def _open_server(address: str) -> Connection:
    secure, host, port = ServerAddress.parse(address)
    host = f"[{host}]" if ":" in host else host
    scheme = "https" if secure else "http"
    try:
        httpx.get(f"{scheme}://{host}:{port}/api/v2/heartbeat", timeout=_PROBE_SECONDS).raise_for_status()
        client = chromadb.HttpClient(host=host, port=port, ssl=secure, settings=Settings(anonymized_telemetry=False))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise StoreUnavailableError(
            f"no Chroma server answers at {address} ({error or type(error).__name__}); start one with "
            f"`{start_command()} --port {port}`, or check the address"
        ) from error
    # Chroma 1.5.9 neither closes its connections nor gives up waiting, and offers no setting for either.
    sessions = list(_sessions(client))
    for session in sessions:
        session.timeout = httpx.Timeout(_ANSWER_SECONDS, connect=_PROBE_SECONDS)
    return Connection(address, cast("Client", client), None, sessions)


def _sessions(client: object) -> Iterator[httpx.Client]:
    """The client's own HTTP session, and the one of the administration client that it makes for itself."""
    for part in (client, getattr(client, "_admin_client", None)):
        session = getattr(getattr(part, "_server", None), "_session", None)
        if isinstance(session, httpx.Client):
            yield session
