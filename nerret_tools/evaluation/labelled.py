"""Labelled data: documents with their entities, and the description that stands for each label."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, StrictInt, StrictStr, ValidationError, field_validator, model_validator

from nerret_tools.documents import Span
from nerret_tools.errors import DataFileError


class LabelledEntity(BaseModel):
    """A span ``[start, end)`` in characters of the document's text, with its label."""

    model_config = ConfigDict(frozen=True)

    start: StrictInt
    end: StrictInt
    type: StrictStr


class LabelledDocument(BaseModel):
    """A document and every entity in it. Two labels may share one span."""

    model_config = ConfigDict(frozen=True)

    id: StrictStr
    text: StrictStr
    entities: list[LabelledEntity]

    @field_validator("id", "text")
    @classmethod
    def _can_be_stored(cls, value: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"half a surrogate pair at character {error.start}") from error
        return value

    @model_validator(mode="after")
    def _entities_lie_in_the_text(self) -> LabelledDocument:
        for entity in self.entities:
            if not 0 <= entity.start < entity.end <= len(self.text):
                raise ValueError(
                    f"entity [{entity.start}, {entity.end}) is not in the text ({len(self.text)} characters)"
                )
        return self

    def gold_spans(self) -> list[Span]:
        """Each marked span once, in reading order, whatever its labels are."""
        offsets = sorted({(entity.start, entity.end) for entity in self.entities})
        return [Span(start=start, end=end) for start, end in offsets]


@dataclass(frozen=True)
class LabelledData:
    """What an evaluation runs on.

    Attributes:
        documents: All documents, in the order of the file.
        types: Label → description, for the labels that are evaluated.
        relevant: Label → ids of the documents with at least one entity of it, never empty.
        left_out: Labels with a description that no document carries, and so cannot be scored.
    """

    documents: list[LabelledDocument]
    types: dict[str, str]
    relevant: dict[str, frozenset[str]]
    left_out: list[str]


def read_labelled(path: str | Path, types_path: str | Path, *, limit_documents: int | None = None) -> LabelledData:
    """Read labelled documents and the descriptions of their labels.

    Args:
        path: JSON lines ``{"id", "text", "entities": [{"start", "end", "type"}]}``.
        types_path: A JSON object, label → description, or ``null`` for a label that is not evaluated.
        limit_documents: Read no further than this many documents.

    Raises:
        DataFileError: A file cannot be read, a line is not what it should be (its number is
            named), an id comes twice, a label has no entry, or nothing is left to evaluate. All
            or nothing: with a document missing, every figure would mean something else.
    """
    descriptions = _read_types(Path(types_path))
    documents = []
    for number, document in _numbered_documents(Path(path), limit_documents):
        for entity in document.entities:
            if entity.type not in descriptions:
                raise DataFileError(
                    f"{path}, line {number}: type {entity.type!r} is not in {types_path}; add it (null: not evaluated)"
                )
        documents.append(document)
    carriers: dict[str, set[str]] = {label: set() for label in descriptions}
    for document in documents:
        for entity in document.entities:
            carriers[entity.type].add(document.id)
    asked = {label: text for label, text in descriptions.items() if text is not None}
    types = {label: text for label, text in asked.items() if carriers[label]}
    if not types:
        raise DataFileError(
            f"{path}: no document has an entity of a type that {types_path} describes; nothing to evaluate"
        )
    return LabelledData(
        documents=documents,
        types=types,
        relevant={label: frozenset(carriers[label]) for label in types},
        left_out=[label for label in asked if label not in types],
    )


def _read_types(path: Path) -> dict[str, str | None]:
    try:
        types = json.loads(_read_text(path))
    except ValueError as error:
        raise DataFileError(f"{path}: not JSON ({error})") from error
    if not isinstance(types, dict) or not types:
        raise DataFileError(f"{path}: expected a JSON object that maps each label to its description or null")
    for label, description in types.items():
        if description is not None and (not isinstance(description, str) or not description.strip()):
            raise DataFileError(f"{path}: the description of {label!r} must be text, or null where it is not evaluated")
    return types


def read_documents(path: str | Path, *, limit: int | None = None) -> list[LabelledDocument]:
    """Read labelled documents, whatever their labels are.

    Args:
        path: As for `read_labelled`.
        limit: Read no further than this many documents.

    Raises:
        DataFileError: As for `read_labelled`.
    """
    return [document for _, document in _numbered_documents(Path(path), limit)]


def _numbered_documents(path: Path, limit: int | None) -> Iterator[tuple[int, LabelledDocument]]:
    """Each document with the number of its line, counted from 1."""
    line_of: dict[str, int] = {}
    for number, line in enumerate(_read_text(path).split("\n"), start=1):
        if limit is not None and len(line_of) >= limit:
            break
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        document = _parse(line, place)
        if document.id in line_of:
            raise DataFileError(f"{place}: id {document.id!r} is already on line {line_of[document.id]}")
        line_of[document.id] = number
        yield number, document
    if not line_of:
        raise DataFileError(f"{path}: no documents in it")


def _parse(line: str, place: str) -> LabelledDocument:
    try:
        record: Any = json.loads(line)
    except ValueError as error:
        raise DataFileError(f"{place}: not JSON ({error})") from error
    if not isinstance(record, dict):
        raise DataFileError(f"{place}: expected a JSON object with id, text and entities")
    try:
        return LabelledDocument.model_validate(record)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataFileError(
            f"{place}: {where + ': ' if where else ''}{first['msg'].removeprefix('Value error, ')}"
        ) from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataFileError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from error
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read ({error.strerror or error})") from error
