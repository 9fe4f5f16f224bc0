"""The account of documents: which are added, updated, unchanged, failed. Decided here for every engine."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from nerret_tools.documents import AddReport, FailedDocument
from nerret_tools.storage import ChromaStore, MentionBlock, StoredDocument

_WRITE_BYTES = 64 * 2**20
"""Vectors written at once at the latest; long documents reach it before the batch is full."""


@dataclass(frozen=True)
class Outcome:
    """What became of one document before it is written."""

    id: str | None = None  # its id, where it has one
    content_hash: str | None = None  # of a document that passed the checks; `None` for others
    reason: str | None = None  # why it cannot be indexed; `None` where nothing is wrong
    known: bool = False  # whether the index had a document of this id when it was looked up
    # What is to be written; `None` with no reason means that it is there already
    rows: tuple[StoredDocument, MentionBlock] | None = None
    source: str | None = None  # the file that it was read from
    line: int | None = None  # line or row there, from 1


class Account:
    """Takes outcomes, stores what is to be written, keeps the report of what was done so far, or is being written.

    Outcomes must come in the order of the input: of two documents with one id the first is kept. The `writer`, an
    executor of one thread, writes a batch while the next one is made; ``None``: it is written here.
    """

    def __init__(self, store: ChromaStore, batch_size: int, writer: Executor | None = None) -> None:
        self.report = AddReport()
        self._store = store
        self._batch_size = batch_size
        self._writer = writer
        self._writing: Future[None] | None = None
        self._position = 0
        self._seen: dict[str, str] = {}
        self._waiting: list[tuple[StoredDocument, MentionBlock]] = []
        self._waiting_bytes = 0

    def take(self, outcomes: Iterable[Outcome]) -> None:
        """Decide about each, and store what is new, now or with a later batch."""
        for outcome in outcomes:
            self._take(outcome)
            self._position += 1

    def flush(self) -> None:
        """Store what still waits, and wait for it."""
        self._send()
        self._settle()

    def _send(self) -> None:
        self._settle()
        batch, self._waiting, self._waiting_bytes = self._waiting, [], 0
        if batch and self._writer is not None:
            self._writing = self._writer.submit(self._store.write, batch)
        elif batch:
            self._store.write(batch)

    def _settle(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def _take(self, outcome: Outcome) -> None:
        name, content_hash, reason = outcome.id, outcome.content_hash, outcome.reason
        repetition = False
        if name is not None and content_hash is not None:
            repetition = name in self._seen
            if self._seen.setdefault(name, content_hash) != content_hash:
                reason = (
                    f"id {name!r} came earlier in this call with other content; the first was kept. "
                    "Give each document an id of its own, or add the newer one in a call after."
                )
        if reason is not None:
            failure = FailedDocument(
                id=name, position=self._position, reason=reason, source=outcome.source, line=outcome.line
            )
            self.report.failed.append(failure)
        elif repetition or outcome.rows is None:
            self.report.unchanged += 1
        else:
            self._write(outcome.rows, known=outcome.known)

    def _write(self, rows: tuple[StoredDocument, MentionBlock], *, known: bool) -> None:
        self.report.updated += known
        self.report.added += not known
        self.report.mentions += len(rows[1])
        self._waiting.append(rows)
        self._waiting_bytes += rows[1].vectors.nbytes
        if len(self._waiting) >= self._batch_size or self._waiting_bytes >= _WRITE_BYTES:
            self._send()
