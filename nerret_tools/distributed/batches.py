"""What travels between the stages: batches of records to the encoders, batches of outcomes to the writer.

A row of the Ray dataset is one whole batch, pickled, in one binary column. So a record that is no valid Unicode
text reaches the report as it is, and no schema is made up for metadata that differ from document to document.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from nerret_tools.reading.problems import Origin, ReadProblem
from nerret_tools.reading.records import Record
from nerret_tools.storage import MentionBlock, StoredDocument

__all__ = ["Outcome", "batches", "from_table", "to_table"]

BATCH_RECORDS = 512
"""Enough to sort by length and to fill a GPU; a CPU is busy with it for a few seconds."""

BATCH_CHARACTERS = 128 * 2**10
"""Of text: 512 sentences have half of it. A long document is a batch of its own."""

_COLUMN = "batch"
_SCHEMA = pa.schema([(_COLUMN, pa.large_binary())])


@dataclass(frozen=True)
class Outcome:
    """What became of one record of the input.

    Attributes:
        origin: Where it was read.
        document_id: Its id, where it has one.
        content_hash: Of a document that passed the checks; ``None`` for others.
        reason: Why it cannot be indexed; ``None`` where nothing is wrong.
        unread: Whether the reader itself could make no document of it.
        known: Whether the index had a document of this id when it was looked up.
        rows: What is to be written; ``None`` with no reason means that it is there already.
    """

    origin: Origin
    document_id: str | None = None
    content_hash: str | None = None
    reason: str | None = None
    unread: bool = False
    known: bool = False
    rows: tuple[StoredDocument, MentionBlock] | None = None


def batches(
    records: Iterable[Record | ReadProblem], text_field: str, most: int
) -> Iterator[list[Record | ReadProblem]]:
    """Cut a stream into batches of at most so many records, and of about equal work."""
    batch: list[Record | ReadProblem] = []
    characters = 0
    for record in records:
        text = record.values.get(text_field) if isinstance(record, Record) else None
        length = len(text) if isinstance(text, str) else 0
        if batch and (len(batch) >= most or characters + length > BATCH_CHARACTERS):
            yield batch
            batch, characters = [], 0
        batch.append(record)
        characters += length
    if batch:
        yield batch


def to_table(items: Iterable[list[Any]]) -> pa.Table:
    """A table with a row for each batch."""
    return pa.table({_COLUMN: [pickle.dumps(batch, pickle.HIGHEST_PROTOCOL) for batch in items]}, schema=_SCHEMA)


def from_table(table: pa.Table) -> Iterator[list[Any]]:
    """The batches of a table; one without rows may be without columns too."""
    if not table.num_rows:
        return
    for cell in table.column(_COLUMN):
        yield pickle.loads(cell.as_buffer())
