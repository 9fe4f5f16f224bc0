"""Parquet, read in batches, so that a file larger than memory is no trouble."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from nerret_tools.errors import MissingExtraError
from nerret_tools.reading.problems import Origin, ReadProblem
from nerret_tools.reading.records import Fields, Record, Rows

__all__ = ["read_parquet", "row_values"]

BATCH_ROWS = 1024


def read_parquet(path: Path, source: str, fields: Fields) -> Rows:
    """Yields a record for each row; nulls are absent, dates become ISO text, bytes base64.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("Reading Parquet files", "parquet") from error

    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            columns = file.schema_arrow.names
            wanted = [fields.text] if fields.number_missing_ids else [fields.id, fields.text]
            for name in wanted:
                if name not in columns:
                    reason = f'the file has no column "{name}" (columns: {", ".join(columns)})'
                    yield ReadProblem(Origin(source), reason)
                    return
            if file.metadata.num_rows == 0:
                yield ReadProblem(Origin(source), "the file is empty")
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield Record(Origin(source, number, unit="row"), row_values(row))
    except (pyarrow.ArrowException, OSError) as error:
        reason = f"not a readable Parquet file: {error}"
        yield ReadProblem(Origin(source, number + 1, unit="row") if number else Origin(source), reason)


def row_values(row: dict[str, Any]) -> dict[str, Any]:
    """Makes JSON values of a row's: nulls are absent, dates become ISO text, bytes base64."""
    present = {name: value for name, value in row.items() if value is not None}
    jsonable: dict[str, Any] = to_jsonable_python(present, bytes_mode="base64", inf_nan_mode="null")
    return jsonable
