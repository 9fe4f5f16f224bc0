"""Chroma's graphs in a folder: nothing in their files but what they mean.

Chroma writes parts of them as they were in its process's memory, with whatever had been there before: the room for
nodes that a new graph begins with, and a length for each node, which only the cosine space sets.
"""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from nerret_tools.storage.place import DATABASE_NAME

__all__ = ["blank_room", "graph_folders"]

_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_HEADER = struct.Struct("<i6Q2i3QdQ")
"""Of a graph: version, where level 0 begins, nodes that there is room for, nodes, bytes of a node, and more."""

_LENGTH_BYTES = 4
"""Of a node in ``length.bin``."""

_INNER_PRODUCTS = """
SELECT segments.id FROM segments JOIN collections ON collections.id = segments.collection
WHERE segments.scope = 'VECTOR'
AND json_extract(schema_str, '$.keys."#embedding".float_list.vector_index.config.space') = 'ip'
"""


def graph_folders(folder: Path) -> Iterator[Path]:
    """The folders in which Chroma keeps graphs."""
    yield from (path for path in folder.iterdir() if path.is_dir() and _NAME.fullmatch(path.name))


def blank_room(folder: Path) -> list[Path]:
    """Write zeros where a folder's graphs hold what means nothing.

    Args:
        folder: Of Chroma, which must not have it open.

    Returns:
        Graphs that were left as they are: they have no header, or one that this version does not know.
    """
    with closing(sqlite3.connect(folder / DATABASE_NAME)) as sql:
        without_lengths = {name for (name,) in sql.execute(_INNER_PRODUCTS)}
    unknown = []
    for graph in graph_folders(folder):
        header = graph / "header.bin"
        found = header.read_bytes() if header.exists() else b""
        if len(found) != _HEADER.size:
            unknown.append(graph)
            continue
        _, _, _, used, size, *_ = _HEADER.unpack(found)
        _blank(graph / "data_level0.bin", used * size)
        _blank(graph / "length.bin", 0 if graph.name in without_lengths else used * _LENGTH_BYTES)
    return unknown


def _blank(path: Path, first: int) -> None:
    with path.open("r+b") as file:
        file.seek(first)
        room = file.read()
        if any(room):
            file.seek(first)
            file.write(bytes(len(room)))
