"""The scan's copy of the vectors: a cache of what Chroma holds, kept up to date by appending.

Files in one folder: ``rows-TOKEN.i8`` and ``.scales`` (see `ScanFiles`), which only grow, and
``steps.jsonl`` (see `steps`), which says what they are. Whoever holds the folder's lock writes; others may read.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nerret_tools.errors import StoreError
from nerret_tools.scan.contents import Contents
from nerret_tools.scan.files import ScanFiles
from nerret_tools.scan.folder import ScanFolder
from nerret_tools.scan.reader import load
from nerret_tools.scan.scan import Scan
from nerret_tools.scan.steps import STEPS, Step, header_line

__all__ = ["ScanCopy"]

_log = logging.getLogger(__name__)

_COPY_ROWS = 32_768
"""Rows copied at a time when a copy is compacted: 64 MB at 500 dimensions."""

Vectors = npt.NDArray[np.float32]


class ScanCopy:
    """The vectors of one index, by document.

    All methods may be called from several threads; hold `lock` around several calls that belong together.

    Args:
        folder: Where the files are; ``None``, or one that cannot be used, for memory.
        index_id: Of the index, so that another index in the same place is not mistaken for it.
        dimension: Of the vectors.
    """

    def __init__(self, folder: Path | None, index_id: str, dimension: int) -> None:
        self.lock = threading.RLock()
        self.dimension = dimension
        self._index_id = index_id
        self._contents = Contents()
        self._files = ScanFiles(None, dimension)
        self._unsaved: list[Step] = []
        self._end = 0
        self._scans: dict[bool, Scan] = {}
        self._folder = None if folder is None else ScanFolder.take(folder)
        if self._folder is not None:
            self._load(self._folder.path)

    @property
    def on_disk(self) -> bool:
        """Whether the rows are in files rather than in memory."""
        return self._files.stem is not None

    @property
    def generation(self) -> int | None:
        """Of the index that this equals; ``None`` while it must be filled from Chroma."""
        return self._contents.generation

    @generation.setter
    def generation(self, value: int | None) -> None:
        self._contents.generation = value
        self._scans = {}

    @property
    def begun(self) -> int | None:
        """While it is filled for the first time: the generation that the documents here already come from."""
        return self._contents.begun

    @begun.setter
    def begun(self, value: int | None) -> None:
        self._contents.begun = value

    @property
    def known_ids(self) -> set[str]:
        """Ids of the documents that are here, with or without rows."""
        return self._contents.ids

    @property
    def known_count(self) -> int:
        """Their number."""
        return len(self._contents)

    def reset(self) -> None:
        """Forget everything; the files start anew."""
        with self.lock:
            self._contents, self._unsaved, self._scans = Contents(), [], {}
            self._files = self._new_files()
            self._end = 0

    def drop(self, document_ids: Iterable[str]) -> None:
        """Mark documents as gone; unknown ids are fine."""
        with self.lock:
            if gone := self._contents.drop(document_ids):
                self._unsaved.append(Step(drop=gone))
                self._scans = {}

    def append(self, document_ids: Sequence[str], vectors: Sequence[Vectors]) -> None:
        """Add documents with ``[n, dimension]`` vectors each, or replace them."""
        with self.lock:
            self.drop(document_ids)
            if not len(document_ids):
                return
            step = Step(add=[(name, len(block)) for name, block in zip(document_ids, vectors, strict=True)])
            if step.rows:
                step.sums = self._write(np.concatenate(vectors))
            self._unsaved.append(step)
            self._contents.add(step.add)
            self._scans = {}

    def snapshot(self, *, quantised: bool = False) -> Scan:
        """The present state; the same object until something changes.

        Args:
            quantised: Whether to scan it in int8.
        """
        with self.lock:
            found = self._scans.get(quantised)
            if found is None:
                found = self._scans[quantised] = self._contents.scan(self._files, quantised=quantised)
            return found

    def forget_damaged(self) -> None:
        """Begin anew where another program cut a file off."""
        with self.lock:
            try:
                self._files.check()
            except StoreError as error:
                _log.warning("%s; it is built again", error)
                self.reset()

    def save(self) -> None:
        """Describe what changed, so that other processes see it and the next one need not read Chroma.

        A first filling that is not complete is described as such, and is gone on with.
        """
        with self.lock:
            if self._contents.dead_rows > len(self._files) // 2:
                self.compact()
            contents = self._contents
            if contents.generation is None and contents.begun is None:
                return
            steps, self._unsaved = [*self._unsaved, Step()], []
            steps[-1].generation, steps[-1].begun = contents.generation, contents.begun
            if self._folder is None or self._files.stem is None:
                return
            try:
                self._describe(b"".join(step.to_line() for step in steps), self._files.stem.name)
            except OSError as error:
                _log.warning("the scan copy in %s could not be saved (%s)", self._folder.path, error)
                self._move_to_memory(len(self._files))

    def compact(self) -> None:
        """Copy the live rows to new files and remove the old ones; scans that were handed out keep those."""
        with self.lock:
            old, live = self._files.vectors(), list(self._contents.live())
            generation, begun = self._contents.generation, self._contents.begun
            self.reset()
            # Cut off here, it is gone on with as a first filling is
            self.begun = begun if generation is None else generation
            for documents in _portions(live):
                self.append(
                    [name for name, _, _ in documents],
                    [old[first : first + count] for _, first, count in documents],
                )
                self.save()
            self.generation, self.begun = generation, begun
            self.save()

    def close(self) -> None:
        """Let another process use the folder."""
        with self.lock:
            if self._unsaved:
                self.save()
            if self._folder is not None:
                self._folder.release()
                self._folder = None

    def _new_files(self) -> ScanFiles:
        stem = None if self._folder is None else self._folder.path / f"rows-{uuid.uuid4().hex}"
        return ScanFiles(stem, self.dimension)

    def _write(self, vectors: Vectors) -> list[int]:
        before = len(self._files)
        try:
            return self._files.append(vectors)
        except OSError as error:
            _log.warning("%s, so the scan is kept in memory", error)
            self._move_to_memory(before)
            return self._files.append(vectors)

    def _move_to_memory(self, count: int) -> None:
        in_memory = ScanFiles(None, self.dimension)
        in_memory.append(self._files.vectors()[:count])
        self._files, self._scans = in_memory, {}

    def _describe(self, lines: bytes, stem: str) -> None:
        """Write lines; the first ones of new files make the description, and the old files superfluous."""
        if self._folder is None:
            return
        path = self._folder.path / STEPS
        if self._end:
            with path.open("r+b") as file:
                file.seek(self._end)
                file.write(lines)
                file.truncate()
                self._end = file.tell()
            return
        temporary = path.with_name(f".{STEPS}.{uuid.uuid4().hex}")
        temporary.write_bytes(header_line(self._index_id, self.dimension, stem) + lines)
        self._end = temporary.stat().st_size
        temporary.replace(path)
        self._folder.remove_except({path.name for path in self._files.paths})

    def _load(self, folder: Path) -> None:
        try:
            self._contents, self._files, self._end, damaged = load(folder, self._index_id, self.dimension)
            if damaged:
                raise ValueError("its checksum does not match")
        except FileNotFoundError:
            self.reset()
        except (OSError, ValueError, KeyError, TypeError, StoreError) as error:
            _log.warning("the scan copy in %s cannot be used (%s) and is built again", folder, error)
            self.reset()


def _portions(live: Sequence[tuple[str, int, int]]) -> Iterator[list[tuple[str, int, int]]]:
    portion: list[tuple[str, int, int]] = []
    size = 0
    for one in live:
        portion.append(one)
        size += one[2]
        if size >= _COPY_ROWS:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
