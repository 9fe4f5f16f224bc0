"""The one writer: takes outcomes in input order, stores what was encoded, keeps the account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nerret_tools.distributed.batches import Outcome
from nerret_tools.documents import AddReport, FailedDocument
from nerret_tools.indexing import repeated
from nerret_tools.reading.problems import Origin
from nerret_tools.storage import ChromaStore, MentionBlock, StoredDocument

__all__ = ["Failure", "Writer"]

_WRITE_BYTES = 64 * 2**20
"""Vectors written at once at the latest; long documents reach it before the batch is full."""


@dataclass(frozen=True)
class Failure:
    """A record that is not in the index.

    Attributes:
        position: In the input, from 0, over all its records.
        origin: Where it was read.
        document_id: Its id, where it has one.
        reason: Why.
        unread: Whether the reader itself could make no document of it.
    """

    position: int
    origin: Origin
    document_id: str | None
    reason: str
    unread: bool


class Writer:
    """Stores outcomes.

    They must come in the order of the input: of two documents with one id the first is kept, as on one machine.

    Args:
        store: Open for this writer alone.
        batch_size: Documents written at once.

    Attributes:
        failures: In input order.
    """

    def __init__(self, store: ChromaStore, batch_size: int) -> None:
        self.failures: list[Failure] = []
        self._store = store
        self._batch_size = batch_size
        self._report = AddReport()
        self._position = 0
        self._seen: dict[str, str] = {}
        self._waiting: list[tuple[StoredDocument, MentionBlock]] = []
        self._waiting_bytes = 0

    def take(self, outcomes: Iterable[Outcome]) -> None:
        """Store them, now or with a later batch."""
        for outcome in outcomes:
            self._take(outcome)
            self._position += 1

    def flush(self) -> None:
        """Store what still waits."""
        if self._waiting:
            self._store.write(self._waiting)
        self._waiting, self._waiting_bytes = [], 0

    def report(self) -> AddReport:
        """What was done so far."""
        failed = [
            FailedDocument(id=one.document_id, position=one.position, reason=f"{one.origin}: {one.reason}")
            for one in self.failures
        ]
        return self._report.model_copy(update={"failed": failed})

    def _take(self, outcome: Outcome) -> None:
        name, content_hash = outcome.document_id, outcome.content_hash
        reason = outcome.reason
        repetition = False
        if name is not None and content_hash is not None:
            repetition = name in self._seen
            if self._seen.setdefault(name, content_hash) != content_hash:
                reason = repeated(name)
        if reason is not None:
            self.failures.append(Failure(self._position, outcome.origin, name, reason, outcome.unread))
        elif repetition or outcome.rows is None:
            self._report.unchanged += 1
        else:
            self._add(outcome.rows, outcome.known)

    def _add(self, rows: tuple[StoredDocument, MentionBlock], known: bool) -> None:
        self._report.updated += known
        self._report.added += not known
        self._report.mentions += len(rows[1])
        self._waiting.append(rows)
        self._waiting_bytes += rows[1].vectors.nbytes
        if len(self._waiting) >= self._batch_size or self._waiting_bytes >= _WRITE_BYTES:
            self.flush()
