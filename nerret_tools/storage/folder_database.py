"""A folder of Chroma, read without Chroma: beside a process that writes, from a read-only disk, without its import.

SQLite lets many processes read beside one that writes. Within one process Chroma and this must not have the database
open at once: each has a SQLite of its own, and closing a file in one drops the locks of the other. So this is closed
before Chroma opens the folder, and passes on whoever still holds one of its tables.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from nerret_tools.errors import StoreUnavailableError
from nerret_tools.storage.place import DATABASE_NAME, is_writable

if TYPE_CHECKING:
    from nerret_tools.storage.chroma_database import ChromaDatabase

__all__ = ["FolderDatabase", "FolderTable"]

_WAIT_SECONDS = 30.0
"""For a process that is just writing; each of Chroma's transactions takes a fraction of a second."""

_VARIABLES = 900
"""Ids in one query; an older SQLite takes 999."""

_COLLECTIONS = """
SELECT collections.name, key, str_value, int_value, float_value, bool_value
FROM collections LEFT JOIN collection_metadata ON collection_metadata.collection_id = collections.id
"""

_ROWS = """
FROM collections CROSS JOIN segments ON segments.collection = collections.id
CROSS JOIN embeddings ON embeddings.segment_id = segments.id
WHERE collections.name = ? AND segments.scope = 'METADATA'
"""
"""Read in this order: SQLite by itself goes through all metadata of the folder first."""

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")


class FolderDatabase:
    """What Chroma keeps in a folder.

    Args:
        folder: It may be empty or missing: then there is nothing in it.

    Attributes:
        successor: Chroma itself, once this process writes.
    """

    def __init__(self, folder: Path) -> None:
        self.successor: ChromaDatabase | None = None
        self._path = folder / DATABASE_NAME
        self._lock = threading.RLock()
        self._sql: sqlite3.Connection | None = None
        self._inode = 0

    def collections(self) -> dict[str, dict[str, Any]]:
        """The metadata of all collections by their names."""
        with self.reading() as sql:
            if sql is None:
                return {} if self.successor is None else self.successor.collections()
            found: dict[str, dict[str, Any]] = {}
            for name, key, *values in sql.execute(_COLLECTIONS):
                kept = found.setdefault(name, {})
                if key is not None:
                    kept[key] = _value(values)
            return found

    def metadata(self, name: str) -> dict[str, Any] | None:
        """A collection's, or ``None`` where there is none of the name."""
        return self.collections().get(name)

    def table(self, name: str) -> FolderTable:
        """The rows of a collection."""
        return FolderTable(self, name)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._sql is not None:
                self._sql.close()
                self._sql = None

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """While somebody else in this process opens the folder: everybody waits."""
        with self._lock:
            self.close()
            yield

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """One view of everything; ``None`` where there is no database, or Chroma has it.

        Raises:
            StoreUnavailableError: It cannot be read.
        """
        with self._lock:
            try:
                sql = None if self.successor is not None else self._connection()
                if sql is not None:
                    sql.execute("BEGIN")
                try:
                    yield sql
                finally:
                    if sql is not None:
                        sql.rollback()
            except sqlite3.Error as error:
                self.close()
                if "no such table" in str(error):  # a process was killed, or is, before it had made them
                    raise StoreUnavailableError(
                        f"the database {self._path} was only begun ({error}); add documents again"
                    ) from error
                raise StoreUnavailableError(
                    f"the database {self._path} cannot be read ({error}); if it is damaged, restore it from a copy, "
                    "or remove the folder and add the documents again"
                ) from error

    def _connection(self) -> sqlite3.Connection | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self.close()
            return None
        except OSError as error:
            raise StoreUnavailableError(f"{self._path} cannot be read ({error.strerror}); check the rights") from error
        if self._sql is not None and found.st_ino != self._inode:
            self.close()
        if self._sql is None:
            self._sql, self._inode = self._open(), found.st_ino
        return self._sql

    def _open(self) -> sqlite3.Connection:
        """Where that is possible so that what a killed process left half-way can be taken back first."""
        modes = ["mode=rw"] if is_writable(self._path.parent) else ["mode=ro", "mode=ro&immutable=1"]
        for number, mode in enumerate(modes):
            address = f"{self._path.as_uri()}?{mode}"
            sql = sqlite3.connect(
                address, uri=True, timeout=_WAIT_SECONDS, check_same_thread=False, isolation_level=None
            )
            try:
                sql.execute("PRAGMA query_only = 1")
                sql.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except sqlite3.OperationalError:
                sql.close()
                if number + 1 == len(modes):
                    raise
            except sqlite3.Error:
                sql.close()
                raise
            else:
                return sql
        raise AssertionError("unreachable")


def _read(
    method: Callable[Concatenate[FolderTable, sqlite3.Connection, _Arguments], _Answer],
) -> Callable[Concatenate[FolderTable, _Arguments], _Answer]:
    def call(self: FolderTable, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Answer:
        with self.database.reading() as sql:
            if sql is not None:
                return method(self, sql, *args, **kwargs)
        if self.database.successor is None:
            raise StoreUnavailableError("the index was removed meanwhile; open it again")
        successor = self.database.successor.table(self.name)
        answer = getattr(successor, method.__name__)(*args, **kwargs)
        # An iterator is read here, while the successor is open; no type says that its list will do for it
        return list(answer) if isinstance(answer, Iterator) else answer  # type: ignore[return-value]

    call.__doc__ = method.__doc__
    return call


class FolderTable:
    """A collection of a folder, read as `Table` reads it."""

    def __init__(self, database: FolderDatabase, name: str) -> None:
        self.database = database
        self.name = name

    @_read
    def count(self, sql: sqlite3.Connection) -> int:
        """All rows."""
        return int(sql.execute(f"SELECT count(*) {_ROWS}", [self.name]).fetchone()[0])

    @_read
    def all_ids(self, sql: sqlite3.Connection, where: Mapping[str, Any] | None = None) -> list[str]:
        """Ids of all rows, or of those that match a filter's candidates; any number."""
        condition, values = _condition(where) if where else ("", [])
        query = f"SELECT embedding_id {_ROWS} {condition and 'AND'} {condition}"
        return [name for (name,) in sql.execute(query, [self.name, *values])]

    @_read
    def existing(self, sql: sqlite3.Connection, ids: Sequence[str]) -> list[str]:
        """Those of the ids that are there."""
        query = f"SELECT embedding_id {_ROWS} AND embedding_id IN "
        return [name for part in _parts(ids) for (name,) in sql.execute(query + _marks(part), [self.name, *part])]

    @_read
    def metadata(
        self, sql: sqlite3.Connection, ids: Sequence[str], keys: Collection[str] | None = None
    ) -> Iterable[tuple[str, dict[str, Any]]]:
        """Id and metadata, or these keys of it, of those that are there, in no particular order."""
        wanted = list(keys or [])
        query = f"""
            SELECT embedding_id, key, string_value, int_value, float_value, bool_value
            FROM (SELECT embeddings.id AS row, embedding_id {_ROWS} AND embedding_id IN %s)
            CROSS JOIN embedding_metadata ON embedding_metadata.id = row
            {f"WHERE key IN {_marks(wanted)}" if wanted else ""}
        """
        found: dict[str, dict[str, Any]] = {}
        for part in _parts(ids):
            for name, key, *values in sql.execute(query % _marks(part), [self.name, *part, *wanted]):
                found.setdefault(name, {})[key] = _value(values)
        return list(found.items())


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    unique = list(dict.fromkeys(ids))
    yield from (unique[first : first + _VARIABLES] for first in range(0, len(unique), _VARIABLES))


def _marks(values: Sequence[Any]) -> str:
    return f"({', '.join('?' * len(values))})"


def _value(values: Sequence[Any]) -> Any:
    given = next((value for value in values[:3] if value is not None), None)
    return bool(values[3]) if given is None and values[3] is not None else given


def _condition(where: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """A filter's candidates in SQL: equal texts, those combined, and numbers that are greater than one."""
    ((key, value),) = where.items()
    if key in ("$and", "$or"):
        parts = [_condition(part) for part in value]
        return f"({f' {key[1:].upper()} '.join(sql for sql, _ in parts)})", [one for _, own in parts for one in own]
    if "$gt" in value:
        test, values = "int_value > ?", [value["$gt"]]
    else:
        values = value["$in"] if "$in" in value else [value["$eq"]]
        test = f"string_value IN {_marks(values)}"
    return f"embeddings.id IN (SELECT id FROM embedding_metadata WHERE key = ? AND {test})", [key, *values]
