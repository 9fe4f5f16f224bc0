"""The scan's copy of the vectors: a cache of what Chroma holds, kept up to date by appending.

Files in one folder: ``rows-TOKEN.f32``, raw rows that only grow, their quantised form where it is asked for, and
``scan.npz``, which says what they are (ids, counts, which are live, generation, checksums). The last is written to
a temporary name and renamed, so it always describes rows that are there; rows behind those are what a killed
process left, and are cut off.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nerret_tools.scan.folder import SIDECAR, ScanFolder
from nerret_tools.scan.quantised_copy import QuantisedCopy
from nerret_tools.scan.rows import FileRows, MemoryRows, Rows, checksum
from nerret_tools.scan.scan import Scan

__all__ = ["ScanCopy"]

_log = logging.getLogger(__name__)

_COPY_ROWS = 65_536
"""Rows copied at a time when a copy is compacted."""

Vectors = npt.NDArray[np.float32]


class ScanCopy:
    """The vectors of one index, by document.

    All methods may be called from several threads; hold `lock` around several calls that belong together.

    Args:
        folder: Where the files are; a folder that cannot be used is replaced by memory.
        index_id: Of the index, so that another index in the same place is not mistaken for it.
        dimension: Of the vectors.

    Attributes:
        generation: Of the index that this equals; ``None`` while it must be filled from Chroma.
        begun: While it is being filled for the first time: the generation that the documents which are here
            already come from.
    """

    def __init__(self, folder: Path, index_id: str, dimension: int) -> None:
        self.lock = threading.RLock()
        self.generation: int | None = None
        self.begun: int | None = None
        self._index_id = index_id
        self.dimension = dimension
        self._rows: Rows = MemoryRows(dimension)
        self._quantised: QuantisedCopy | None = None
        self._ids: list[str] = []
        self._counts: list[int] = []
        self._live: list[bool] = []
        self._position: dict[str, int] = {}
        self._without_rows: set[str] = set()
        self._dead_rows = 0
        self._saved: tuple[int | None, ...] | None = None
        self._snapshots: dict[bool, Scan] = {}
        self._folder = ScanFolder.take(folder)
        if self._folder is not None:
            self._load(self._folder.path)

    @property
    def on_disk(self) -> bool:
        """Whether the rows are in a file rather than in memory."""
        return isinstance(self._rows, FileRows)

    @property
    def known_ids(self) -> set[str]:
        """Ids of the documents that are here, with or without rows."""
        return self._position.keys() | self._without_rows

    @property
    def known_count(self) -> int:
        """Their number."""
        return len(self._position) + len(self._without_rows)

    @property
    def quantised_count(self) -> int:
        """Rows that are quantised."""
        return len(self._quantised or ())

    def reset(self) -> None:
        """Forget everything; the files start anew."""
        with self.lock:
            self.generation = self.begun = self._saved = None
            self._ids, self._counts, self._live, self._position = [], [], [], {}
            self._without_rows = set()
            self._dead_rows = 0
            self._snapshots = {}
            self._rows, self._quantised = self._new_rows(), None
            self._remove_other_files()

    def drop(self, document_ids: Iterable[str]) -> None:
        """Mark documents as gone; unknown ids are fine."""
        with self.lock:
            for document_id in document_ids:
                self._without_rows.discard(document_id)
                position = self._position.pop(document_id, None)
                if position is not None:
                    self._live[position] = False
                    self._dead_rows += self._counts[position]
                    self._snapshots = {}

    def append(self, document_ids: Sequence[str], vectors: Sequence[Vectors]) -> None:
        """Add documents with ``[n, dimension]`` vectors each, or replace them."""
        with self.lock:
            self.drop(document_ids)
            kept = [(name, block) for name, block in zip(document_ids, vectors, strict=True) if len(block)]
            self._without_rows.update(name for name, block in zip(document_ids, vectors, strict=True) if not len(block))
            if not kept:
                return
            self._write(np.concatenate([block for _, block in kept]))
            for name, block in kept:
                self._position[name] = len(self._ids)
                self._ids.append(name)
                self._counts.append(len(block))
                self._live.append(True)
            self._snapshots = {}

    def snapshot(self, *, quantised: bool = False) -> Scan:
        """The present state; the same object until something changes.

        Args:
            quantised: Whether to scan it in int8.
        """
        with self.lock:
            if self.generation is None:
                raise RuntimeError("the scan copy is empty: it must be filled first")
            if self._dead_rows > len(self._rows) // 2:
                self._compact()
            found = self._snapshots.get(quantised)
            if found is None or found.generation != self.generation:
                in_file = quantised and isinstance(self._rows, FileRows)
                found = self._snapshots[quantised] = Scan(
                    quantised=self._up_to_date_quantised().read() if quantised else None,
                    vectors=self._rows.reader() if in_file and isinstance(self._rows, FileRows) else self._rows.read(),
                    document_ids=np.array(self._ids, dtype=object),
                    offsets=np.concatenate([[0], np.cumsum(self._counts, dtype=np.int64)]).astype(np.int64),
                    live=np.array(self._live, dtype=bool),
                    generation=self.generation,
                )
            return found

    def save(self) -> None:
        """Write the description of the rows, so that the next process need not read Chroma.

        A first filling that is not complete is described as such, and is gone on with.
        """
        with self.lock:
            state = (self.generation, self.begun, len(self._rows), self.quantised_count)
            known = self.generation is not None or self.begun is not None
            if self._folder is None or not isinstance(self._rows, FileRows) or not known or state == self._saved:
                return
            header: dict[str, Any] = {
                "index_id": self._index_id,
                "dimension": self.dimension,
                "generation": self.generation,
                "begun": self.begun,
                "file": self._rows.path.name,
                "count": len(self._rows),
            }
            temporary = self._folder.path / f".{SIDECAR}.{uuid.uuid4().hex}"
            try:
                header["checksum"] = checksum(self._rows.path, self._rows.size) if self._rows.size else 0
                if self._quantised is not None and self._quantised.files:
                    header["quantised"] = [len(self._quantised), self._quantised.checksums()]
                with temporary.open("wb") as file:
                    np.savez(
                        file,
                        header=_as_bytes(header),
                        ids=_as_bytes(self._ids),
                        without_rows=_as_bytes(sorted(self._without_rows)),
                        counts=np.array(self._counts, dtype=np.int64),
                        live=np.array(self._live, dtype=bool),
                    )
                temporary.replace(self._folder.path / SIDECAR)
            except OSError as error:
                _log.warning("the scan copy in %s could not be saved (%s)", self._folder.path, error)
                return
            self._saved = state
            self._remove_other_files()

    def close(self) -> None:
        """Save, and let another process use the folder."""
        with self.lock:
            self.save()
            if self._folder is not None:
                self._folder.release()
                self._folder = None

    def _new_rows(self) -> Rows:
        if self._folder is None:
            return MemoryRows(self.dimension)
        return FileRows(self._folder.path / f"rows-{uuid.uuid4().hex}.f32", self.dimension)

    def _write(self, vectors: Vectors) -> None:
        try:
            self._rows.append(vectors)
        except OSError as error:
            _log.warning("%s, so the scan is kept in memory", error)
            in_memory = MemoryRows(self.dimension)
            in_memory.append(self._rows.read())
            in_memory.append(vectors)
            self._rows, self._quantised = in_memory, None

    def _up_to_date_quantised(self) -> QuantisedCopy:
        rows = self._rows.read()
        if self._quantised is None:
            self._quantised = QuantisedCopy(self._rows, self.dimension)
        try:
            self._quantised.follow(rows)
        except OSError as error:
            _log.warning("%s, so the quantised scan is kept in memory", error)
            self._quantised = QuantisedCopy(MemoryRows(self.dimension), self.dimension)
            self._quantised.follow(rows)
        return self._quantised

    def _compact(self) -> None:
        """Copy the live rows to new ones; snapshots that were handed out keep the old file's rows."""
        old, rows = self._rows.read(), self._new_rows()
        keep = np.repeat(self._live, self._counts)
        self._rows, self._quantised = rows, None
        for first in range(0, len(old), _COPY_ROWS):
            self._write(old[first : first + _COPY_ROWS][keep[first : first + _COPY_ROWS]])
        alive = [position for position, live in enumerate(self._live) if live]
        self._ids = [self._ids[position] for position in alive]
        self._counts = [self._counts[position] for position in alive]
        self._live = [True] * len(alive)
        self._position = {name: position for position, name in enumerate(self._ids)}
        self._dead_rows = 0
        self._snapshots = {}
        self._saved = None

    def _load(self, folder: Path) -> None:
        try:
            with (folder / SIDECAR).open("rb") as file, np.load(file, allow_pickle=False) as saved:
                header = json.loads(saved["header"].tobytes())
                ids, without_rows = json.loads(saved["ids"].tobytes()), json.loads(saved["without_rows"].tobytes())
                counts, live = saved["counts"], saved["live"]
            rows = FileRows(folder / Path(header["file"]).name, self.dimension)
            size = header["count"] * self.dimension * rows.dtype.itemsize
            if (header["index_id"], header["dimension"]) != (self._index_id, self.dimension):
                raise ValueError("it belongs to another index")
            if not len(ids) == len(counts) == len(live) or int(counts.sum()) != header["count"]:
                raise ValueError("its parts do not fit each other")
            if size and checksum(rows.path, size) != header["checksum"]:
                raise ValueError("its checksum does not match")
            self._rows = FileRows(rows.path, self.dimension, header["count"])
        except FileNotFoundError:
            self.reset()
            return
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            _log.warning("the scan copy in %s cannot be used (%s) and is built again", folder, error)
            self.reset()
            return
        self._quantised = self._load_quantised(*header.get("quantised", (0, [])))
        self._ids, self._counts, self._live = ids, counts.tolist(), live.tolist()
        self._position = {name: at for at, (name, alive) in enumerate(zip(ids, self._live, strict=True)) if alive}
        self._without_rows = set(without_rows)
        self._dead_rows = int(counts[~live].sum())
        self.generation, self.begun = header["generation"], header["begun"]
        self._saved = (self.generation, self.begun, len(self._rows), self.quantised_count)

    def _load_quantised(self, count: int, checksums: list[int]) -> QuantisedCopy | None:
        """The quantised rows as they were saved, or ``None``: they are made again from the others."""
        if not count:
            return None
        try:
            quantised = QuantisedCopy(self._rows, self.dimension, count)
            return quantised if quantised.checksums() == checksums else None
        except OSError:
            return None

    def _remove_other_files(self) -> None:
        if self._folder is None:
            return
        current = {self._rows.path.name} if isinstance(self._rows, FileRows) else set()
        quantised = self._quantised.files if self._quantised is not None else []
        self._folder.remove_except(current | {path.name for path in quantised})


def _as_bytes(value: object) -> npt.NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)
