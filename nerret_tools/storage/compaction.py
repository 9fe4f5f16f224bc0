"""Making a folder small again, and forgetting for good: nothing of what was deleted or replaced is left in a file.

Deleting hides: SQLite keeps free pages, Chroma keeps its log and, in its graph, the vectors. So everything that is
still there is written to new files, which then take the place of the old ones: the database last, in one step, so
that a process that is killed leaves either the old state or the new one, and at most files that nothing refers to.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from nerret_tools.errors import StoreError, StoreUnavailableError
from nerret_tools.storage.chroma_database import ChromaDatabase
from nerret_tools.storage.connection import Connection
from nerret_tools.storage.graphs import blank_room, graph_folders
from nerret_tools.storage.open_index import WritableIndex, documents_name, parts_name
from nerret_tools.storage.place import DATABASE_NAME
from nerret_tools.storage.state import IndexState, states_of
from nerret_tools.storage.writing import clean

__all__ = ["compact"]

_NEW = ".compacting"
"""Folder in the folder in which the new files are made."""

_ROWS = 5_000
"""Copied at a time."""


def compact(connection: Connection) -> int:
    """Rewrite all indexes of a folder; returns the bytes that this gave back.

    Args:
        connection: Of a folder that this process writes to; nothing else may use it meanwhile.

    Raises:
        StoreError: It is a server, or other programs' collections are in the folder.
        StoreUnavailableError: There is no room for the copy; everything is as it was.
    """
    if connection.folder is None:
        raise StoreError(
            f"what a server keeps can only be compacted on its own machine ({connection.location}): stop the server, "
            "run nerret compact with the folder that it serves, and start it again"
        )
    folder = connection.folder
    old = connection.writing()
    states = states_of(old.collections())
    foreign = set(old.collections()) - {part(name) for name in states for part in (documents_name, parts_name)}
    if foreign:
        raise StoreError(
            f"{folder} also holds collections of other programs ({', '.join(sorted(foreign))}), which would be lost; "
            "keep the index in a folder of its own"
        )
    for name, state in states.items():
        copy = connection.scan_copy(state)
        clean(WritableIndex(f"index {name!r} at {folder}", name, old), copy)
    before = _size(folder)
    new = folder / _NEW
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        fresh = ChromaDatabase.open_folder(new)
        try:
            for name in states:
                _copy(old, fresh, parts_name(name))
                _copy(old, fresh, documents_name(name))
        finally:
            fresh.close()
        if unknown := blank_room(new):
            raise StoreError(f"{unknown[0].name} has a form that this version does not know; nothing was changed")
        with connection.replaced():
            _take_the_place(new, folder)
    except OSError as error:
        raise StoreUnavailableError(f"{folder} cannot be compacted ({error}); make room, then do it again") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    _forget_vectors(connection, folder, list(states.values()))
    return before - _size(folder)


def _copy(old: ChromaDatabase, fresh: ChromaDatabase, name: str) -> None:
    # A graph that is saved at once is only read from then on: Chroma begins one that is not anew whenever it opens it
    rows, made = old.table(name), fresh.make(name, old.metadata(name) or None, save_rows=1)
    ids = rows.all_ids()
    for first in range(0, len(ids), _ROWS):
        for page in rows.pages(ids[first : first + _ROWS]):
            made.upsert(*page)
    made.save_rarely()


def _take_the_place(new: Path, folder: Path) -> None:
    kept = {path.name for path in new.iterdir()}
    for path in new.iterdir():
        if path.name != DATABASE_NAME:
            path.rename(folder / path.name)
    (new / DATABASE_NAME).replace(folder / DATABASE_NAME)
    for path in [*graph_folders(folder)]:
        if path.name not in kept:
            shutil.rmtree(path)
    for path in folder.glob(f"{DATABASE_NAME}-*"):
        path.unlink()


def _forget_vectors(connection: Connection, folder: Path, states: list[IndexState]) -> None:
    for state in states:
        connection.scan_copy(state).compact()
    for path in (folder / "scan").glob("*"):
        if path.name not in {state.index_id for state in states}:
            shutil.rmtree(path, ignore_errors=True)
    for path in (folder / "scan").glob("*/client-*"):
        shutil.rmtree(path, ignore_errors=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
