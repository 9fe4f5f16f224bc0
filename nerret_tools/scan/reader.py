"""A copy that another process keeps: read, and followed line by line, without a lock."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from nerret_tools.errors import StoreError
from nerret_tools.scan.contents import Contents
from nerret_tools.scan.files import ScanFiles
from nerret_tools.scan.scan import Scan
from nerret_tools.scan.steps import STEPS, Step, read_header, read_lines

__all__ = ["ScanReader", "load"]


def load(folder: Path, index_id: str, dimension: int) -> tuple[Contents, ScanFiles, int, bool]:
    """What a folder's copy holds, where its description ends, and whether its files are damaged.

    Raises:
        OSError: It cannot be read.
        ValueError: It is another index', or damaged.
    """
    lines, end = read_lines(folder / STEPS)
    stem = read_header(lines, index_id, dimension)
    steps = [Step.from_line(line) for line in lines[1:]]
    contents = Contents()
    for step in steps:
        contents.apply(step)
    files = ScanFiles(folder / stem, dimension, contents.rows)
    return contents, files, end, files.damaged([(step.rows, step.sums) for step in steps if step.rows])


class ScanReader:
    """Gives scans of what the writer has described so far.

    Args:
        folder: Of the copy.
        index_id: Of the index.
        dimension: Of its vectors.
    """

    def __init__(self, folder: Path, index_id: str, dimension: int) -> None:
        self._folder = folder
        self._index_id = index_id
        self._dimension = dimension
        self._contents = Contents()
        self._files: ScanFiles | None = None
        self._end = 0
        self._inode = -1
        self._scans: dict[bool, Scan] = {}
        self._lock = threading.Lock()

    def snapshot(self, generation: int, *, quantised: bool) -> Scan | None:
        """The copy as it is at this generation of the index, or ``None`` where it is not there."""
        with self._lock:
            try:
                self._follow()
                if self._files is None or self._contents.generation != generation:
                    return None
                found = self._scans.get(quantised)
                if found is not None:
                    found.check()
                else:
                    found = self._scans[quantised] = self._contents.scan(self._files, quantised=quantised)
                return found
            except (OSError, ValueError, KeyError, TypeError, StoreError):
                # Replaced or damaged meanwhile: whoever may write builds it again
                self._files, self._inode = None, -1
                return None

    def _follow(self) -> None:
        found = os.stat(self._folder / STEPS)
        if found.st_ino != self._inode:
            contents, files, self._end, damaged = load(self._folder, self._index_id, self._dimension)
            if damaged:
                raise ValueError("it is damaged")
            self._contents, self._files, self._inode, self._scans = contents, files, found.st_ino, {}
        elif found.st_size > self._end and self._files is not None and self._files.stem is not None:
            lines, self._end = read_lines(self._folder / STEPS, self._end)
            for line in lines:
                self._contents.apply(Step.from_line(line))
            self._files = ScanFiles(self._files.stem, self._dimension, self._contents.rows)
            self._scans = {}
