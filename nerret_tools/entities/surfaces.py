"""What mentions read, kept as long as the index does not change."""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt

from nerret_tools.scan import Scan
from nerret_tools.storage import ChromaStore

__all__ = ["Surfaces"]

Integers = npt.NDArray[np.int64]

_GONE = ""


class Surfaces:
    """Reads surfaces and places of a scan's rows, each once.

    Args:
        store: Where they are kept.
    """

    def __init__(self, store: ChromaStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._scan: Scan | None = None
        self._known: dict[int, tuple[int, int, str]] = {}

    def read(self, scan: Scan, rows: Integers) -> tuple[Integers, Integers, list[str]]:
        """Return start, end and surface of each row; an empty surface where it is gone meanwhile."""
        with self._lock:
            if self._scan is None or self._scan.generation != scan.generation or self._scan.vectors is not scan.vectors:
                self._scan, self._known = scan, {}
            unknown = [row for row in rows.tolist() if row not in self._known]
            keys = {scan.mention_key(row): row for row in unknown}
            self._known.update(dict.fromkeys(unknown, (0, 0, _GONE)))
            for key, mention in self._store.mentions(list(keys)).items():
                self._known[keys[key]] = (mention.start, mention.end, mention.text)
            found = [self._known[row] for row in rows.tolist()]
        places = np.array([one[:2] for one in found], dtype=np.int64).reshape(-1, 2)
        return places[:, 0], places[:, 1], [one[2] for one in found]
