"""The scan's copy of the vectors: a cache of what Chroma holds, kept up to date by appending.

Two files in one folder: ``rows-TOKEN.f32``, raw rows that only grow, and ``scan.npz``, which says what they
are (ids, counts, which are live, generation, checksum). The second is written to a temporary name and
renamed, so it always describes rows that are there; rows behind those are what a killed process left, and are
cut off.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
import zipfile
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from nerret_tools.storage.rows import FileRows, MemoryRows, Rows, checksum
from nerret_tools.storage.scan import Scan

__all__ = ["ScanCopy"]

_log = logging.getLogger(__name__)

_SIDECAR = "scan.npz"

_COPY_ROWS = 65_536
"""Rows copied at a time when a copy is compacted."""

Vectors = npt.NDArray[np.float32]


class ScanCopy:
    """The vectors of one index, by document.

    `generation` is ``None`` while nothing is known to be good; then it must be filled from Chroma. All
    methods may be called from several threads; hold `lock` around several calls that belong together.

    Args:
        folder: Where the files are; a folder that cannot be used is replaced by memory.
        index_id: Of the index, so that another index in the same place is not mistaken for it.
        dimension: Of the vectors.
    """

    def __init__(self, folder: Path, index_id: str, dimension: int) -> None:
        self.lock = threading.RLock()
        self.generation: int | None = None
        self._folder = folder
        self._index_id = index_id
        self.dimension = dimension
        self._rows: Rows = MemoryRows(dimension)
        self._ids: list[str] = []
        self._counts: list[int] = []
        self._live: list[bool] = []
        self._position: dict[str, int] = {}
        self._dead_rows = 0
        self._saved_generation: int | None = None
        self._snapshot: Scan | None = None
        self._folder_lock = self._take_folder()
        if self._folder_lock is not None:
            self._load()

    def __contains__(self, document_id: str) -> bool:
        return document_id in self._position

    @property
    def on_disk(self) -> bool:
        """Whether the rows are in a file rather than in memory."""
        return isinstance(self._rows, FileRows)

    @property
    def live_ids(self) -> Collection[str]:
        """Ids of the documents that have rows and are not dropped."""
        return self._position.keys()

    def reset(self) -> None:
        """Forget everything; the files start anew."""
        with self.lock:
            self.generation = None
            self._ids, self._counts, self._live, self._position = [], [], [], {}
            self._dead_rows = 0
            self._snapshot = None
            self._rows = self._new_rows()
            if self._folder_lock is not None:
                self._remove_other_files()

    def drop(self, document_ids: Iterable[str]) -> None:
        """Mark documents as gone; unknown ids are fine."""
        with self.lock:
            for document_id in document_ids:
                position = self._position.pop(document_id, None)
                if position is not None:
                    self._live[position] = False
                    self._dead_rows += self._counts[position]
                    self._snapshot = None

    def append(self, document_ids: Sequence[str], vectors: Sequence[Vectors]) -> None:
        """Add documents with ``[n, dimension]`` vectors each; those without a mention are left out."""
        with self.lock:
            kept = [(name, block) for name, block in zip(document_ids, vectors, strict=True) if len(block)]
            self.drop(name for name, _ in kept)
            if not kept:
                return
            self._write(np.concatenate([block for _, block in kept]))
            for name, block in kept:
                self._position[name] = len(self._ids)
                self._ids.append(name)
                self._counts.append(len(block))
                self._live.append(True)
            self._snapshot = None

    def snapshot(self) -> Scan:
        """The present state; the same object until something changes."""
        with self.lock:
            if self.generation is None:
                raise RuntimeError("the scan copy is empty: it must be filled first")
            if self._dead_rows > len(self._rows) // 2:
                self._compact()
            if self._snapshot is None or self._snapshot.generation != self.generation:
                self._snapshot = Scan(
                    vectors=self._rows.read(),
                    document_ids=np.array(self._ids, dtype=object),
                    offsets=np.concatenate([[0], np.cumsum(self._counts, dtype=np.int64)]).astype(np.int64),
                    live=np.array(self._live, dtype=bool),
                    generation=self.generation,
                )
            return self._snapshot

    def save(self) -> None:
        """Write the description of the rows, so that the next process need not read Chroma."""
        with self.lock:
            if not isinstance(self._rows, FileRows) or self.generation in (None, self._saved_generation):
                return
            header = {
                "index_id": self._index_id,
                "dimension": self.dimension,
                "generation": self.generation,
                "file": self._rows.path.name,
                "count": len(self._rows),
            }
            temporary = self._folder / f".{_SIDECAR}.{uuid.uuid4().hex}"
            try:
                size = len(self._rows) * self.dimension * 4
                header["checksum"] = checksum(self._rows.path, size) if size else 0
                with temporary.open("wb") as file:
                    np.savez(
                        file,
                        header=_as_bytes(header),
                        ids=_as_bytes(self._ids),
                        counts=np.array(self._counts, dtype=np.int64),
                        live=np.array(self._live, dtype=bool),
                    )
                temporary.replace(self._folder / _SIDECAR)
            except OSError as error:
                _log.warning("the scan copy in %s could not be saved (%s)", self._folder, error)
                return
            self._saved_generation = self.generation
            self._remove_other_files()

    def close(self) -> None:
        """Save, and let another process use the folder."""
        with self.lock:
            self.save()
            if self._folder_lock is not None:
                self._folder_lock.release()
                self._folder_lock = None

    def _take_folder(self) -> FileLock | None:
        lock = FileLock(self._folder / "scan.lock", thread_local=False)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:
            _log.warning("another process uses %s, so the scan is kept in memory", self._folder)
            return None
        except OSError as error:
            _log.warning("%s cannot be written (%s), so the scan is kept in memory", self._folder, error)
            return None
        return lock

    def _new_rows(self) -> Rows:
        if self._folder_lock is None:
            return MemoryRows(self.dimension)
        return FileRows(self._folder / f"rows-{uuid.uuid4().hex}.f32", self.dimension)

    def _write(self, vectors: Vectors) -> None:
        try:
            self._rows.append(vectors)
        except OSError as error:
            _log.warning("%s cannot be written (%s), so the scan is kept in memory", self._folder, error)
            in_memory = MemoryRows(self.dimension)
            in_memory.append(self._rows.read())
            in_memory.append(vectors)
            self._rows = in_memory

    def _compact(self) -> None:
        """Copy the live rows to new ones; snapshots that were handed out keep the old file's rows."""
        old, rows = self._rows.read(), self._new_rows()
        keep = np.repeat(self._live, self._counts)
        self._rows = rows
        for first in range(0, len(old), _COPY_ROWS):
            self._write(old[first : first + _COPY_ROWS][keep[first : first + _COPY_ROWS]])
        alive = [position for position, live in enumerate(self._live) if live]
        self._ids = [self._ids[position] for position in alive]
        self._counts = [self._counts[position] for position in alive]
        self._live = [True] * len(alive)
        self._position = {name: position for position, name in enumerate(self._ids)}
        self._dead_rows = 0
        self._snapshot = None
        self._saved_generation = None

    def _load(self) -> None:
        path = self._folder / _SIDECAR
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
                header = json.loads(saved["header"].tobytes())
                ids = json.loads(saved["ids"].tobytes())
                counts, live = saved["counts"], saved["live"]
            rows_path = self._folder / Path(header["file"]).name
            size = header["count"] * self.dimension * 4
            if (header["index_id"], header["dimension"]) != (self._index_id, self.dimension):
                raise ValueError("it belongs to another index")
            if not len(ids) == len(counts) == len(live) or int(counts.sum()) != header["count"]:
                raise ValueError("its parts do not fit each other")
            if size and checksum(rows_path, size) != header["checksum"]:
                raise ValueError("its checksum does not match")
            self._rows = FileRows(rows_path, self.dimension, header["count"])
        except FileNotFoundError:
            self.reset()
            return
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            _log.warning("the scan copy in %s cannot be used (%s) and is built again", self._folder, error)
            self.reset()
            return
        self._ids, self._counts, self._live = ids, counts.tolist(), live.tolist()
        self._position = {name: at for at, (name, alive) in enumerate(zip(ids, self._live, strict=True)) if alive}
        self._dead_rows = int(counts[~live].sum())
        self.generation = self._saved_generation = header["generation"]

    def _remove_other_files(self) -> None:
        """Remove what compactions, rebuilds and killed processes left; maps of removed files stay valid."""
        current = self._rows.path.name if isinstance(self._rows, FileRows) else ""
        for path in [*self._folder.glob("rows-*.f32"), *self._folder.glob(f".{_SIDECAR}.*")]:
            if path.name != current:
                path.unlink(missing_ok=True)


def _as_bytes(value: object) -> npt.NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)
