"""Parquet, read in batches, so that a file larger than memory is no trouble."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from nerret_tools.extras import extra_package
from nerret_tools.reading.problems import Origin, ReadProblem
from nerret_tools.reading.records import Reading, Record, Rows

BATCH_ROWS = 1024


def read_parquet(path: Path, origin: Origin, reading: Reading) -> Rows:
    """Yields a record for each row; nulls are absent.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    pyarrow = load_pyarrow()
    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            columns = reading.canonical(file.schema_arrow.names)
            missing = reading.missing_column(columns)
            if missing:
                yield ReadProblem(origin, f"the file has {missing}")
                return
            if file.metadata.num_rows == 0:
                yield ReadProblem(origin, "the file is empty")
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                for row in batch.rename_columns(columns).to_pylist():
                    number += 1
                    yield Record(origin.at(number, "row"), row_values(row))
    except (pyarrow.ArrowException, OSError) as error:
        yield ReadProblem(origin.at(number + 1, "row") if number else origin, f"not a readable Parquet file: {error}")


def load_pyarrow() -> Any:
    """Import pyarrow with its Parquet part.

    Raises:
        MissingExtraError: It is not installed.
    """
    extra_package("pyarrow.parquet", "Reading Parquet files", "parquet")
    return extra_package("pyarrow", "Reading Parquet files", "parquet")


def row_values(row: dict[str, Any]) -> dict[str, Any]:
    """A row without its nulls, for which tables also write "not a number"."""
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in row.items()
        if value is not None
    }
