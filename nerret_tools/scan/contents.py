"""Which documents the rows of a scan belong to."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nerret_tools.scan.files import ScanFiles
from nerret_tools.scan.scan import Scan
from nerret_tools.scan.steps import Step

__all__ = ["Contents"]


class Contents:
    """The documents of a copy.

    Attributes:
        generation: As in `Step`, of the last one.
        begun: As in `Step`, of the last one.
        dead_rows: Rows of documents that are gone.
    """

    def __init__(self) -> None:
        self.generation: int | None = None
        self.begun: int | None = None
        self.dead_rows = 0
        self._ids: list[str] = []
        self._counts: list[int] = []
        self._live: list[bool] = []
        self._position: dict[str, int] = {}
        self._without_rows: set[str] = set()

    @property
    def ids(self) -> set[str]:
        """Of the documents that are here, with or without rows."""
        return self._position.keys() | self._without_rows

    def __len__(self) -> int:
        """Their number."""
        return len(self._position) + len(self._without_rows)

    @property
    def rows(self) -> int:
        """All, dead ones too."""
        return sum(self._counts)

    def apply(self, step: Step) -> None:
        """Take one step."""
        self.drop(step.drop)
        self.add(step.add)
        self.generation, self.begun = step.generation, step.begun

    def drop(self, document_ids: Iterable[str]) -> list[str]:
        """Documents are gone; returns those that were here."""
        gone = []
        for name in document_ids:
            position = self._position.pop(name, None)
            if position is not None:
                self._live[position] = False
                self.dead_rows += self._counts[position]
            if position is not None or name in self._without_rows:
                gone.append(name)
                self._without_rows.discard(name)
        return gone

    def add(self, documents: Iterable[tuple[str, int]]) -> None:
        """Documents came, each with a number of rows behind the last."""
        for name, count in documents:
            if not count:
                self._without_rows.add(name)
                continue
            self._position[name] = len(self._ids)
            self._ids.append(name)
            self._counts.append(count)
            self._live.append(True)

    def live(self) -> Iterable[tuple[str, int, int]]:
        """Each document that is here: its first row and its number of rows."""
        first = 0
        for name, count, live in zip(self._ids, self._counts, self._live, strict=True):
            if live:
                yield name, first, count
            first += count
        yield from ((name, 0, 0) for name in sorted(self._without_rows))

    def scan(self, files: ScanFiles, *, quantised: bool) -> Scan:
        """All of it for scoring."""
        if self.generation is None:
            raise RuntimeError("the scan copy is empty: it must be filled first")
        vectors = files.vectors()
        return Scan(
            vectors=vectors,
            document_ids=np.array(self._ids, dtype=object),
            offsets=np.concatenate([[0], np.cumsum(self._counts, dtype=np.int64)]).astype(np.int64),
            live=np.array(self._live, dtype=bool),
            generation=self.generation,
            quantised=vectors if quantised else None,
        )
