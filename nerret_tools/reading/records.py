"""One record of a file (a JSON object, a row) to one document, and how a user wants records read."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from nerret_tools.documents import Document
from nerret_tools.errors import DataFileError, DocumentError
from nerret_tools.intake import document_of
from nerret_tools.reading.problems import Origin, ReadProblem


class FileKind(StrEnum):
    """What a file is read as."""

    JSON_LINES = "jsonl"
    JSON = "json"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    TEXT = "text"


@dataclass(frozen=True)
class Record:
    """The named values that were read at one place."""

    origin: Origin
    values: dict[str, Any]


Rows = Iterator[Record | ReadProblem]


@dataclass(frozen=True)
class Reading:
    """How files become documents.

    Attributes:
        id_field: The field or column with the id; whole numbers become text.
        text_field: The field or column with the text. The fields beside both become metadata.
        number_missing_ids: Name a record without an id ``<file>:<line>`` instead of refusing it.
        id_root: The folder that the ids of text files are relative to. ``None``: the folder that was named, whose own
            name they begin with; of a file that was named, the folder that it lies in.
        kind: What every file is read as, whatever its name ends in; ``None``: what its ending says.
        encoding: Of all files but Parquet; a byte order mark overrules it.
        separator: Between the cells of CSV; ``None``: the one that the header line shows.
        strip_headers: Take the header lines of mails and news off their texts.
    """

    id_field: str = "id"
    text_field: str = "text"
    number_missing_ids: bool = False
    id_root: str | Path | None = None
    kind: FileKind | None = None
    encoding: str = "utf-8"
    separator: str | None = None
    strip_headers: bool = False

    def __post_init__(self) -> None:
        """Raises `DataFileError` for an encoding or a separator that cannot be."""
        try:
            codecs.lookup(self.encoding)
        except LookupError as error:
            raise DataFileError(f"there is no encoding {self.encoding!r}; for example utf-8, utf-16, cp1252") from error
        if self.separator is not None and len(self.separator) != 1:
            raise DataFileError(f"the separator must be one character, not {self.separator!r}")

    @property
    def required(self) -> list[str]:
        """The fields that a table must have."""
        return [self.text_field] if self.number_missing_ids else [self.id_field, self.text_field]

    def canonical(self, names: Sequence[str]) -> list[str]:
        """The columns' names, with those of id and text written as asked for where only the case differs."""
        found = list(names)
        for wanted in (self.id_field, self.text_field):
            if wanted not in found:
                alike = [place for place, name in enumerate(found) if name.strip().casefold() == wanted.casefold()]
                if len(alike) == 1:
                    found[alike[0]] = wanted
        return found

    def missing_column(self, names: Sequence[str]) -> str | None:
        """What to say where a needed column is missing."""
        for name in self.required:
            if name not in names:
                options = (
                    "--text-field" if name == self.text_field else "--id-field, or let --number-missing-ids make one"
                )
                return f'no column "{name}" (columns: {", ".join(names)}); name another with {options}'
        return None


def to_document(record: Record, reading: Reading) -> Document | ReadProblem:
    """Makes a document of a record, or says why that is not possible; see `document_of`."""
    origin = record.origin
    spare = None
    if reading.number_missing_ids:
        spare = origin.name if origin.line is None else f"{origin.name}:{origin.line}"
    values: Mapping[str, Any] = record.values
    try:
        return document_of(values, reading.id_field, reading.text_field, spare)
    except DocumentError as error:
        no_id = spare is None and values.get(reading.id_field) in (None, "")
        advice = "; name another with --id-field, or let --number-missing-ids make one" if no_id else ""
        return ReadProblem(origin, f"{error}{advice}")
