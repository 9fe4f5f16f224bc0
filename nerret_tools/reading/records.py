"""One record of a file (a JSON object, a row) to one document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from nerret_tools.documents import Document
from nerret_tools.reading.problems import Origin, ReadProblem

__all__ = ["Fields", "Record", "Rows", "to_document"]

SPANS_FIELD = "spans"
LABELS_FIELD = "entities"
_SHOWN_CHARACTERS = 40


@dataclass(frozen=True)
class Record:
    """The named values that were read at one place."""

    origin: Origin
    values: dict[str, Any]


Rows = Iterator[Record | ReadProblem]


@dataclass(frozen=True)
class Fields:
    """Which fields of a record hold what.

    Attributes:
        id: The field with the document's id.
        text: The field with the document's text.
        number_missing_ids: Give a record without an id the name ``<source>:<line>``.
    """

    id: str = "id"
    text: str = "text"
    number_missing_ids: bool = False


def to_document(record: Record, fields: Fields) -> Document | ReadProblem:
    """Makes a document of a record, or says why that is not possible.

    ``spans`` become the document's own mentions. ``entities`` in the form of labelled data is
    left out: labels are for evaluation, they must not reach the index. All else is metadata.
    """
    values = dict(record.values)
    try:
        document_id = _take_id(values, record.origin, fields)
        text = _take_text(values, fields.text)
        spans = _take_spans(values)
        if _is_labels(values.get(LABELS_FIELD)):
            del values[LABELS_FIELD]
        return Document(id=document_id, text=text, metadata=values, spans=spans)
    except ValidationError as error:
        return ReadProblem(record.origin, "; ".join(_explain(detail) for detail in error.errors()))
    except ValueError as error:
        return ReadProblem(record.origin, str(error))


def _explain(detail: Any) -> str:
    where = ".".join(str(part) for part in detail["loc"])
    return f"the {where} cannot be used: {detail['msg']}"


def _take_id(values: dict[str, Any], origin: Origin, fields: Fields) -> str:
    found = values.pop(fields.id, None)
    if found is None or found == "":
        if fields.number_missing_ids:
            return f"{origin.source}:{origin.line}"
        raise ValueError(f'no id: the field "{fields.id}" is missing or empty (fields: {_names(values)})')
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    if not isinstance(found, str):
        raise ValueError(f'the field "{fields.id}" must be text or a whole number, not {_show(found)}')
    return found


def _take_text(values: dict[str, Any], field: str) -> str:
    if values.get(field) is None:
        values.pop(field, None)
        raise ValueError(f'no text: the field "{field}" is missing (fields: {_names(values)})')
    text = values.pop(field)
    if not isinstance(text, str):
        raise ValueError(f'the field "{field}" must be text, not {_show(text)}')
    return text


def _take_spans(values: dict[str, Any]) -> Any:
    spans = values.pop(SPANS_FIELD, None)
    if isinstance(spans, str):  # a CSV cell
        spans = json.loads(spans) if spans else None
    return spans


def _is_labels(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict) and {"start", "end", "type"} <= item.keys() for item in value
    )


def _names(values: dict[str, Any]) -> str:
    return ", ".join(values) or "none"


def _show(value: Any) -> str:
    shown = json.dumps(value, default=str)
    return shown if len(shown) <= _SHOWN_CHARACTERS else shown[:_SHOWN_CHARACTERS] + "…"
