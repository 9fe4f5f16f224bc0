"""Where a scan copy is kept: one folder a process, so that several clients do not wait for each other."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from nerret_tools.scan.steps import STEPS

__all__ = ["ScanFolder"]

_log = logging.getLogger(__name__)

_CLIENTS = 8
"""Processes of one user that keep the same index on disk at once; further ones keep it in memory."""


class ScanFolder:
    """A folder that this process has for itself until it is released.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def take(cls, base: Path) -> ScanFolder | None:
        """The first of an index's folders that no other process has, or ``None`` where none can be used.

        A folder that was never used begins with a copy of what another client has saved.
        """
        for path in _places(base):
            lock = FileLock(path / "scan.lock", thread_local=False)
            try:
                path.mkdir(parents=True, exist_ok=True)
                lock.acquire(timeout=0)
            except Timeout:
                continue
            except OSError as error:
                _log.warning("%s cannot be written (%s), so the scan is kept in memory", path, error)
                return None
            folder = cls(path, lock)
            folder._adopt(base)
            return folder
        _log.warning("%d other processes use %s, so the scan is kept in memory", _CLIENTS, base)
        return None

    def release(self) -> None:
        """Let another process use it."""
        self._lock.release()

    def remove_except(self, names: set[str]) -> None:
        """Remove what compactions, rebuilds and killed processes left; maps of removed files stay valid."""
        for pattern in ("rows-*", f".{STEPS}.*"):
            for path in self.path.glob(pattern):
                if path.name not in names:
                    with contextlib.suppress(OSError):  # on Windows, where somebody still reads it
                        path.unlink()

    def _adopt(self, base: Path) -> None:
        """Copy another client's files, which only grow: what the description names stays as it is."""
        if (self.path / STEPS).exists():
            return
        for other in _places(base):
            if other == self.path or not (other / STEPS).is_file():
                continue
            try:
                description = (other / STEPS).read_bytes()
                stem = Path(json.loads(description.split(b"\n", 1)[0])["stem"]).name
                for path in other.glob(f"{stem}.*"):
                    shutil.copyfile(path, self.path / path.name)
                temporary = self.path / f".{STEPS}.taken-over"
                temporary.write_bytes(description)
                temporary.replace(self.path / STEPS)
            except (OSError, ValueError, KeyError, TypeError) as error:
                # Replaced meanwhile, say; what was copied is removed when the copy is built
                _log.debug("the scan copy in %s was not taken over: %s", other, error)
                continue
            return


def _places(base: Path) -> Iterator[Path]:
    yield base
    for number in range(2, _CLIENTS + 1):
        yield base / f"client-{number}"
