"""Which format a file has, and its documents one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path

from nerret_tools.errors import DataFileError
from nerret_tools.reading.labelled.columns import read_columns
from nerret_tools.reading.labelled.documents import LabelledDocument
from nerret_tools.reading.labelled.json_lines import read_json_lines
from nerret_tools.reading.labelled.lines import NumberedLine, numbered_lines
from nerret_tools.reading.labelled.neretrieve import LABELS_FIELD, read_neretrieve


class LabelledFormat(StrEnum):
    """How labelled documents are written down."""

    JSONL = "jsonl"
    COLUMNS = "columns"
    NERETRIEVE = "neretrieve"


_Reader = Callable[[Path, Iterable[NumberedLine]], Iterator[tuple[int, LabelledDocument]]]

_READERS: dict[LabelledFormat, _Reader] = {
    LabelledFormat.JSONL: read_json_lines,
    LabelledFormat.COLUMNS: read_columns,
    LabelledFormat.NERETRIEVE: read_neretrieve,
}

_JSON_SUFFIXES = (".json", ".jsonl", ".ndjson")


def detect_format(path: Path) -> LabelledFormat:
    """Tell the format of a file from its name and the first line with something in it.

    Raises:
        DataFileError: The file cannot be read.
    """
    first = next((line for _, line in numbered_lines(path) if line.strip()), "")
    name = path.stem if path.suffix == ".bz2" else path.name
    if not name.endswith(_JSON_SUFFIXES) and not first.lstrip().startswith("{"):
        return LabelledFormat.COLUMNS
    return LabelledFormat.NERETRIEVE if f'"{LABELS_FIELD}"' in first else LabelledFormat.JSONL


def numbered_documents(
    path: Path, *, form: LabelledFormat | None = None, limit: int | None = None
) -> Iterator[tuple[int, LabelledDocument]]:
    """Each document with the number of the line where it begins, counted from 1.

    Args:
        path: The file; unpacked on the way where its name ends in ``.bz2``.
        form: Its format; detected where it is not given.
        limit: Read no further than this many documents.

    Raises:
        DataFileError: The file cannot be read, a line is not what it should be, an id comes twice,
            or there are no documents.
    """
    read = _READERS[form or detect_format(path)]
    line_of: dict[str, int] = {}
    for number, document in read(path, numbered_lines(path)):
        if document.id in line_of:
            raise DataFileError(f"{path}, line {number}: id {document.id!r} is already on line {line_of[document.id]}")
        line_of[document.id] = number
        yield number, document
        if limit is not None and len(line_of) >= limit:
            break
    if not line_of:
        raise DataFileError(f"{path}: no documents in it")


def read_documents(
    path: str | Path, *, form: LabelledFormat | None = None, limit: int | None = None
) -> list[LabelledDocument]:
    """Read labelled documents, whatever their labels are; arguments and errors as of `numbered_documents`."""
    return [document for _, document in numbered_documents(Path(path), form=form, limit=limit)]
