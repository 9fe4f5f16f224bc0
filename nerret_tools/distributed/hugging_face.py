"""Datasets that Hugging Face's `datasets` saved with ``save_to_disk``."""

from __future__ import annotations

from pathlib import Path

from nerret_tools.errors import DataFileError
from nerret_tools.extras import extra_package
from nerret_tools.reading.parquet_rows import row_values
from nerret_tools.reading.problems import Origin, ReadProblem
from nerret_tools.reading.records import Record, Rows

_READ_ROWS = 1024

_DATASET_FILE = "state.json"
_SPLITS_FILE = "dataset_dict.json"


def is_saved_dataset(path: Path) -> bool:
    """Whether the folder is one.

    Raises:
        DataFileError: It holds several splits.
    """
    if (path / _SPLITS_FILE).is_file():
        splits = sorted(part.name for part in path.iterdir() if (part / _DATASET_FILE).is_file())
        raise DataFileError(f"{path} holds a dataset of several splits; name the folders to index: {', '.join(splits)}")
    return (path / _DATASET_FILE).is_file() and any(path.glob("*.arrow"))


def read_saved_dataset(path: Path, source: str) -> Rows:
    """Yields a record for each row, as from Parquet.

    Raises:
        MissingExtraError: `datasets` is not installed.
    """
    datasets = extra_package("datasets", "Reading a saved Hugging Face dataset", "ray")
    try:
        rows = datasets.load_from_disk(str(path)).with_format("arrow")
    except (OSError, ValueError) as error:
        yield ReadProblem(Origin(source), f"not a readable dataset: {error}")
        return
    if not len(rows):
        yield ReadProblem(Origin(source), "the dataset is empty")
        return
    number = 0
    for table in rows.iter(batch_size=_READ_ROWS):
        for row in table.to_pylist():
            number += 1
            yield Record(Origin(source, number, unit="row"), row_values(row))
