"""What travels between the stages: batches of records to the encoders, batches of outcomes to the writer.

A row of the Ray dataset is one whole batch, pickled, in one binary column. So a record that is no valid Unicode
text reaches the report as it is, and no schema is made up for metadata that differ from document to document.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from nerret_tools.indexing import parts
from nerret_tools.reading.problems import ReadProblem
from nerret_tools.reading.records import Record

BATCH_RECORDS = 512
"""Enough to sort by length and to fill a GPU; a CPU is busy with it for a few seconds."""

_COLUMN = "batch"
_SCHEMA = pa.schema([(_COLUMN, pa.large_binary())])


def batches(
    records: Iterable[Record | ReadProblem], text_field: str, most: int
) -> Iterator[list[Record | ReadProblem]]:
    """Cut a stream into batches of at most so many records, and of about equal work."""

    def characters(record: Record | ReadProblem) -> int:
        text = record.values.get(text_field) if isinstance(record, Record) else None
        return len(text) if isinstance(text, str) else 0

    return parts(records, characters, most)


def to_table(items: Iterable[list[Any]]) -> pa.Table:
    """A table with a row for each batch."""
    return pa.table({_COLUMN: [pickle.dumps(batch, pickle.HIGHEST_PROTOCOL) for batch in items]}, schema=_SCHEMA)


def from_table(table: pa.Table) -> Iterator[list[Any]]:
    """The batches of a table; one without rows may be without columns too."""
    if not table.num_rows:
        return
    for cell in table.column(_COLUMN):
        yield pickle.loads(cell.as_buffer())
