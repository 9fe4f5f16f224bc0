"""From what a user gives to a document that can be indexed: one way for programs, files, workers and integrations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from nerret_tools.documents import Document
from nerret_tools.errors import DocumentError
from nerret_tools.metadata import plain
from nerret_tools.storage import check_metadata
from nerret_tools.texts import check_text

_LABELS_FIELD = "entities"
_METADATA_FIELD = "metadata"
_SPANS_FIELD = "spans"
_SHOWN_CHARACTERS = 40


@dataclass(frozen=True)
class Checked:
    """A document that can be indexed."""

    document: Document
    content_hash: str

    @property
    def spans(self) -> list[tuple[int, int]] | None:
        """The document's own spans, sorted, each once."""
        given = self.document.spans
        return None if given is None else sorted({(span.start, span.end) for span in given})


def checked(given: Document | Mapping[str, Any]) -> Checked:
    """Make a document of what was given, and check everything that can be checked without a model.

    Raises:
        DocumentError: It is no document, or its id or text is empty or no Unicode text, its spans lie outside the
            text, or its metadata cannot be kept.
    """
    document = given if isinstance(given, Document) else document_of(given)
    if not document.id.strip():
        raise DocumentError("its id is empty; every document needs one of its own")
    if not document.text.strip():
        raise DocumentError("its text is empty")
    check_text(document.id, "its id")
    check_text(document.text, "its text")
    for span in document.spans or ():
        if not 0 <= span.start < span.end <= len(document.text):
            raise DocumentError(
                f"span [{span.start}, {span.end}) does not lie in its text of {len(document.text)} characters"
            )
    try:
        metadata = plain(document.metadata)
    except RecursionError:
        raise DocumentError("metadata is nested too deeply, or contains itself; pass plain JSON values") from None
    check_metadata(metadata)
    document = document.model_copy(update={"metadata": metadata})
    return Checked(document, _content_hash(document))


def document_of(
    values: Mapping[str, Any], id_field: str = "id", text_field: str = "text", spare_id: str | None = None
) -> Document:
    """Make a document of named values: a mapping of a program's, a JSON object, a row.

    ``spans`` become the document's own mentions, and ``metadata``, where it is a mapping, its metadata, together with
    all other values. ``entities`` in the form of labelled data is left out: labels are for evaluation, they must not
    reach the index. Ids that are whole numbers and the like become text; `spare_id` is the id where there is none.

    Raises:
        DocumentError: There is no id or no text, or something is of the wrong kind.
    """
    if not isinstance(values, Mapping):
        raise DocumentError(f"a document or a mapping with its fields was expected, not a {type(values).__name__}")
    rest = dict(values)
    found_id, text = rest.pop(id_field, None), rest.pop(text_field, None)
    document_id = _id(found_id, id_field, rest) if spare_id is None or found_id not in (None, "") else spare_id
    text = _text(text, text_field, rest)
    try:
        spans = rest.pop(_SPANS_FIELD, None)
        if isinstance(spans, str):  # a CSV cell
            spans = json.loads(spans) if spans else None
        if _is_labels(rest.get(_LABELS_FIELD)):
            del rest[_LABELS_FIELD]
        return Document(id=document_id, text=text, metadata=_metadata(rest), spans=spans)
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(str(part) for part in detail["loc"])
        raise DocumentError(f"the {where} cannot be used: {detail['msg']}") from error
    except json.JSONDecodeError as error:
        raise DocumentError(f"the {_SPANS_FIELD} cannot be used: {error}") from error


def id_of(given: Document | Mapping[str, Any]) -> str | None:
    """The id of what may be no document at all, or nothing."""
    if isinstance(given, Document):
        return given.id
    found = plain(given.get("id")) if isinstance(given, Mapping) else None
    return str(found) if isinstance(found, str | int) else None


def _id(given: Any, field: str, rest: Mapping[str, Any]) -> str:
    found = plain(given)
    if found is None or found == "":
        raise DocumentError(f'no id: the field "{field}" is missing or empty (fields: {_names(rest)})')
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    if not isinstance(found, str):
        raise DocumentError(f'the field "{field}" must be text or a whole number, not {_show(found)}')
    return found


def _text(given: Any, field: str, rest: Mapping[str, Any]) -> str:
    if given is None:
        raise DocumentError(f'no text: the field "{field}" is missing (fields: {_names(rest)})')
    if isinstance(given, bytes):
        try:
            return given.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DocumentError(
                f'the field "{field}" holds bytes that are not UTF-8 (byte {error.start + 1}); decode them first'
            ) from error
    if not isinstance(given, str):
        raise DocumentError(f'the field "{field}" must be text, not {_show(given)}')
    return str(given)


def _metadata(rest: dict[str, Any]) -> dict[str, Any]:
    nested = rest.get(_METADATA_FIELD)
    if not isinstance(nested, Mapping):
        return rest
    del rest[_METADATA_FIELD]
    twice = [name for name in nested if name in rest and rest[name] != nested[name]]
    if twice:
        raise DocumentError(f"{twice[0]!r} is among its fields and in its metadata, with two values; keep one")
    return rest | dict(nested)


def _is_labels(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict) and {"start", "end", "type"} <= item.keys() for item in value
    )


def _names(values: Mapping[str, Any]) -> str:
    return ", ".join(map(str, values)) or "none"


def _show(value: Any) -> str:
    shown = json.dumps(value, default=str)
    return shown if len(shown) <= _SHOWN_CHARACTERS else shown[:_SHOWN_CHARACTERS] + "…"


def _content_hash(document: Document) -> str:
    spans = None if document.spans is None else sorted({(span.start, span.end) for span in document.spans})
    metadata = json.dumps(document.metadata, sort_keys=True, ensure_ascii=True)
    content = json.dumps([document.text, spans, metadata], ensure_ascii=True)
    return hashlib.sha256(content.encode("ascii")).hexdigest()[:32]
