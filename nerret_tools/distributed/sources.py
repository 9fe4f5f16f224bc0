"""Files, Hugging Face folders and Ray datasets, as one Ray dataset of batches of records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

import pyarrow as pa
import ray.data
from ray.data.block import BlockMetadata
from ray.data.datasource import Datasource, ReadTask

from nerret_tools.distributed.batches import batches, to_table
from nerret_tools.distributed.hugging_face import is_saved_dataset, read_saved_dataset
from nerret_tools.errors import DataFileError
from nerret_tools.reading.parquet_rows import row_values
from nerret_tools.reading.problems import Origin
from nerret_tools.reading.reader import read_file
from nerret_tools.reading.records import Reading, Record, Rows
from nerret_tools.reading.sources import STDIN, Source, find_files, refuse_one_name_for_two, source_name

_TASK_BYTES = 64 * 2**20
"""Small files are read together up to this size; it is also what is read again when a reader dies."""


@dataclass(frozen=True)
class SizedSource:
    """A file or a saved dataset to read."""

    source: Source
    size: int

    def records(self, reading: Reading) -> Rows:
        """Read it; raises `MissingExtraError` for a Hugging Face folder without `datasets`."""
        if self.source.path is not None and self.source.path.is_dir():
            return read_saved_dataset(self.source.path, self.source.shown)
        return read_file(self.source, reading)


@dataclass(frozen=True)
class Sources:
    """What was found at the user's paths."""

    found: list[SizedSource]  # in reading order
    left_out: Counter[str]  # files in folders that no reader is for, counted by ending

    def dataset(self, reading: Reading, batch_records: int) -> ray.data.Dataset:
        """Batches of their records. They are read one after the other: reading is far quicker than encoding.

        The parsing is ours and not Ray's, whose readers give a whole file one schema and stop at a broken line.
        """
        dataset: ray.data.Dataset = ray.data.read_datasource(
            _Files(self.found, reading, batch_records), concurrency=1, num_cpus=0
        )
        return dataset


class _Files(Datasource):
    def __init__(self, sources: Sequence[SizedSource], reading: Reading, batch_records: int) -> None:
        Datasource.__init__(self)  # not by super(): so mypy sees that it is one of Ray's, which have no annotations
        self._sources = sources
        self._reading = reading
        self._batch_records = batch_records

    def estimate_inmemory_data_size(self) -> int | None:
        return sum(source.size for source in self._sources)

    def get_read_tasks(
        self, parallelism: int, per_task_row_limit: int | None = None, data_context: object = None
    ) -> list[ReadTask]:
        shares: list[list[SizedSource]] = []
        room = 0
        for source in self._sources:
            if not shares or source.size > room:
                shares.append([])
                room = _TASK_BYTES
            shares[-1].append(source)
            room -= source.size
        return [
            ReadTask(
                partial(_read, share, self._reading, self._batch_records),
                _metadata(sum(source.size for source in share)),
            )
            for share in shares
        ]


def _metadata(size: int) -> BlockMetadata:
    return BlockMetadata(num_rows=None, size_bytes=size, input_files=None, exec_stats=None)


def _read(share: Sequence[SizedSource], reading: Reading, batch_records: int) -> Iterator[pa.Table]:
    records = (record for source in share for record in source.records(reading))
    for batch in batches(records, reading.text_field, batch_records):
        yield to_table([batch])


def find_sources(paths: Sequence[str | Path], reading: Reading) -> Sources:
    """Look at the paths.

    Raises:
        DataFileError: One cannot be read at all, or is standard input.
    """
    found: list[SizedSource] = []
    left_out: Counter[str] = Counter()
    for path in paths:
        if str(path) == STDIN:
            raise DataFileError("workers cannot read standard input (-); save it as a file, or index without Ray")
        if is_saved_dataset(Path(path)):
            name = source_name(Path(path))
            found.append(_sized(Source(Path(path), name, name)))
            continue
        files, rest = find_files([path], reading)
        found += map(_sized, files)
        left_out += rest
    refuse_one_name_for_two([one.source for one in found])
    return Sources(found, left_out)


def _sized(source: Source) -> SizedSource:
    """With the place that every machine sees."""
    path = cast(Path, source.path).absolute()
    size = sum(part.stat().st_size for part in path.glob("*.arrow")) if path.is_dir() else path.stat().st_size
    return SizedSource(replace(source, path=path), size)


def from_rows(dataset: ray.data.Dataset, reading: Reading, batch_records: int) -> ray.data.Dataset:
    """Batches of the rows of a user's Ray dataset.

    Raises:
        DataFileError: It is known to have no such columns.
    """
    columns = dataset.columns(fetch_if_missing=False)
    if columns and (missing := reading.missing_column(columns)):
        raise DataFileError(f"the dataset has {missing}")
    return dataset.map_batches(
        partial(_to_batches, text_field=reading.text_field, batch_records=batch_records),
        batch_size=batch_records,
        batch_format="pyarrow",
        num_cpus=0,
    )


def _to_batches(table: pa.Table, text_field: str, batch_records: int) -> pa.Table:
    records = (Record(Origin("dataset"), row_values(row)) for row in table.to_pylist())
    return to_table(batches(records, text_field, batch_records))
