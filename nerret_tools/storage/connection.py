"""An open place, shared by all of a process that use it, with the scan copies of its indexes.

A folder is read without a lock (`FolderDatabase`) until this process writes to it for the first time: then it takes
the lock, opens Chroma, and keeps both until the last user is done.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from nerret_tools import scan
from nerret_tools.errors import IndexNotFoundError
from nerret_tools.storage.folder_database import FolderDatabase
from nerret_tools.storage.place import (
    DATABASE_NAME,
    ServerAddress,
    folder_of,
    is_server,
    is_writable,
    take_lock,
)
from nerret_tools.user_folders import cache_folder

if TYPE_CHECKING:
    from filelock import FileLock

    from nerret_tools.storage.chroma_database import ChromaDatabase
    from nerret_tools.storage.state import IndexState

__all__ = ["KEPT_MENTIONS", "Connection"]

KEPT_MENTIONS = 200_000
"""Of a folder's index from which on the copy of its vectors is kept in files: reading them takes 1 to 3 s."""


def _chroma() -> type[ChromaDatabase]:
    """The place that imports Chroma, and so is not imported itself before it is needed."""
    from nerret_tools.storage.chroma_database import ChromaDatabase

    return ChromaDatabase


class Connection:
    """One open place, closed by the last of its users.

    Attributes:
        location: Real path of the folder, or the address without who asks.
        folder: The folder, or ``None`` for a server.
        write_lock: One batch at a time; the index may be read meanwhile.
        scans: The scan copies that this process keeps, by index id and whether they are in files.
        readers: Those that it follows.
    """

    _open: ClassVar[dict[str, Connection]] = {}
    _registry_lock: ClassVar[threading.RLock] = threading.RLock()

    def __init__(self, key: str, folder: Path | None, database: FolderDatabase | ChromaDatabase) -> None:
        self.location = key if folder is None else str(folder)
        self.folder = folder
        self.database = database
        self.write_lock = threading.RLock()
        self.scans: dict[tuple[str, bool], scan.ScanCopy] = {}
        self.readers: dict[str, scan.ScanReader] = {}
        self._key = key
        self._lock: FileLock | None = None
        self._reading = database if isinstance(database, FolderDatabase) else None
        self._private: tempfile.TemporaryDirectory[str] | None = None
        self._users = 0

    @classmethod
    def acquire(cls, location: str | Path, *, create: bool) -> Connection:
        """Open the place, or share it where this process has it open.

        Args:
            location: Folder, or ``http://host:port``.
            create: Whether a folder may be made, once there is something to write.

        Raises:
            IndexNotFoundError: No index there and `create` is false; nothing was made.
            StoreError: It is no place for an index.
            StoreUnavailableError: The server does not answer.
        """
        address = ServerAddress.parse(str(location)) if is_server(location) else None
        folder = folder_of(location) if address is None else None
        key = str(location).rstrip("/") if folder is None else str(folder)
        with cls._registry_lock:
            connection = cls._open.get(key)
            if connection is None:
                if folder is not None and not create and not (folder / DATABASE_NAME).exists():
                    raise IndexNotFoundError(
                        f"there is no index in {folder}; check the path, or build one by adding documents"
                    )
                if address is not None:
                    connection = cls(key, None, _chroma().open_server(address))
                    connection.location = address.url
                else:
                    connection = cls(key, folder, FolderDatabase(Path(key)))
                cls._open[key] = connection
            connection._users += 1
            return connection

    @property
    def writes(self) -> bool:
        """Whether this process may write: to a server it always may."""
        return not isinstance(self.database, FolderDatabase)

    def writing(self) -> ChromaDatabase:
        """Become the writer of the folder, if this process is not.

        Raises:
            IndexLockedError: Another process is.
            StoreUnavailableError: The folder cannot be written.
        """
        with self.write_lock:
            reading = self.database
            if not isinstance(reading, FolderDatabase):
                return reading
            folder = Path(self.location)
            lock = take_lock(folder)
            try:
                with reading.suspended():
                    reading.successor = self.database = _chroma().open_folder(folder)
            except BaseException:
                lock.release()
                raise
            self._lock = lock
            return reading.successor

    @contextmanager
    def replaced(self) -> Iterator[None]:
        """Chroma lets go of the folder that this process writes to, and opens what is there afterwards."""
        old = self.writing()
        old.close()
        try:
            yield
        finally:
            self.database = _chroma().open_folder(Path(self.location))
            if self._reading is not None:
                self._reading.successor = self.database

    @contextmanager
    def briefly_writing(self) -> Iterator[tuple[Path, ChromaDatabase]]:
        """Chroma for a moment, to build a scan copy: of the folder, or of a copy where the folder is read-only.

        Yields:
            The folder that was opened, and Chroma.

        Raises:
            IndexLockedError: Another process has the folder.
        """
        folder = Path(self.location)
        if not isinstance(self.database, FolderDatabase):
            yield folder, self.database
            return
        if not is_writable(folder):
            self._private = self._private or tempfile.TemporaryDirectory(prefix="nerret-")
            shutil.copytree(folder, self._private.name, dirs_exist_ok=True, copy_function=shutil.copyfile)
            folder = Path(self._private.name)
            for path in (folder, *folder.rglob("*")):
                path.chmod(0o700)
        lock = take_lock(folder)
        try:
            with self.database.suspended():
                database = _chroma().open_folder(folder)
                try:
                    yield folder, database
                finally:
                    database.close()
        finally:
            lock.release()

    def keeps_scan(self, state: IndexState) -> bool:
        """Whether the copy of an index' vectors is kept in files; a small one of a folder is read when it is needed."""
        place = _scan_folder(self.folder, state.index_id)
        return self.folder is None or state.mentions >= KEPT_MENTIONS or place.exists()

    def scan_copy(self, state: IndexState) -> scan.ScanCopy:
        """The copy that all users of this index in this process share, but for one that another process keeps."""
        name, kept = state.index_id, self.keeps_scan(state)
        with self.write_lock:
            if (name, kept) not in self.scans:
                self.scans.pop((name, not kept), None)
                place = _scan_folder(self.folder, name) if kept else None
                self.scans[name, kept] = scan.ScanCopy(place, name, state.dimension)
            return self.scans[name, kept]

    def scan_reader(self, index_id: str, dimension: int, folder: Path | None = None) -> scan.ScanReader:
        """The same of the copy that another process keeps, or has left, in a folder."""
        with self.write_lock:
            if index_id not in self.readers or folder is not None:
                place = _scan_folder(folder or self.folder, index_id)
                self.readers[index_id] = scan.ScanReader(place, index_id, dimension)
            return self.readers[index_id]

    def release(self) -> None:
        """Give it back; the last user closes it and frees the lock."""
        with Connection._registry_lock:
            self._users -= 1
            if self._users:
                return
            Connection._open.pop(self._key, None)
            for copy in self.scans.values():
                copy.close()
            self.scans.clear()
            self.readers.clear()
            self.database.close()
            if self._lock is not None:
                self._lock.release()
            if self._private is not None:
                self._private.cleanup()


def _scan_folder(folder: Path | None, index_id: str) -> Path:
    return folder / "scan" / index_id if folder is not None else cache_folder() / index_id


def _after_fork() -> None:
    """A child has neither its parent's threads nor its locks: it opens places anew."""
    Connection._open = {}
    Connection._registry_lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
