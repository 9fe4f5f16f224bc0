"""What mentions read, kept as long as the index does not change."""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt

from nerret_tools.scan import Scan
from nerret_tools.storage import ChromaStore

Integers = npt.NDArray[np.int64]


class Surfaces:
    """Reads surfaces and places of a scan's rows from the store, each once."""

    def __init__(self, store: ChromaStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._scan: Scan | None = None

    def read(self, scan: Scan, rows: Integers) -> tuple[Integers, Integers, list[str]]:
        """Return start, end and surface of each row; an empty surface where it is gone meanwhile."""
        with self._lock:
            if self._scan is None or self._scan.generation != scan.generation or self._scan.vectors is not scan.vectors:
                self._scan = scan
                count = int(scan.offsets[-1])
                self._known = np.zeros(count, dtype=bool)
                self._places = np.zeros((count, 2), dtype=np.int32)
                self._texts = np.full(count, "", dtype=object)
            self._fetch(scan, np.unique(rows[~self._known[rows]]))
            starts, ends = self._places[rows].astype(np.int64).T
            texts: list[str] = self._texts[rows].tolist()
        return starts, ends, texts

    def _fetch(self, scan: Scan, rows: Integers) -> None:
        documents = np.searchsorted(scan.offsets, rows, side="right") - 1
        numbers = (rows - scan.offsets[documents]).tolist()
        keys = dict(zip(zip(scan.document_ids[documents].tolist(), numbers, strict=True), rows.tolist(), strict=True))
        self._known[rows] = True
        for key, mention in self._store.mentions(list(keys)).items():
            row = keys[key]
            self._places[row] = mention.start, mention.end
            self._texts[row] = mention.text
