"""Hits for programs: as JSON or CSV, with the fields that were asked for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nerret_tools.cli.hits import excerpt
from nerret_tools.documents import FindResult, Hit
from nerret_tools.errors import InputError

JSON_FIELDS = (
    "document_id",
    "score",
    "relevance",
    "mention_count",
    "mentions",
    "line",
    "snippet",
    "metadata",
)
CSV_FIELDS = ("document_id", "relevance", "score", "mention", "start", "end", "line", "snippet")

SNIPPET_CHARACTERS = 300
"""Two or three sentences around the best mention."""

Same = Mapping[str, list[str]]


def check_fields(fields: str) -> tuple[str, ...]:
    """Reads the value of ``--fields``.

    Raises:
        InputError: It names nothing.
    """
    names = tuple(dict.fromkeys(name.strip() for name in fields.split(",") if name.strip()))
    if not names:
        raise InputError(f"--fields takes names with commas between them, such as {','.join(CSV_FIELDS[:3])}")
    return names


def json_answer(answers: Sequence[FindResult], fields: Sequence[str], same: Same) -> dict[str, Any]:
    """One object: the answer, or ``answers`` where there are several."""
    shown = [
        answer.model_dump(exclude={"hits"})
        | {"hits": [_row(hit, _with_same(fields, same), same) for hit in answer.hits]}
        for answer in answers
    ]
    return shown[0] if len(shown) == 1 else {"answers": shown}


def csv_lines(answers: Sequence[FindResult], fields: Sequence[str], same: Same) -> Iterator[str]:
    """A header and a row for each document; with several types, each row begins with its type."""
    columns = _with_same(fields, same)
    several = len(answers) > 1
    yield _csv([*(["entity_type"] if several else []), *columns])
    for answer in answers:
        for hit in answer.hits:
            row = _row(hit, columns, same)
            yield _csv([*([answer.entity_type] if several else []), *(_cell(row[name]) for name in columns)])


def _with_same(fields: Sequence[str], same: Same) -> list[str]:
    return [*fields, "duplicates"] if same and "duplicates" not in fields else list(fields)


def _row(hit: Hit, fields: Sequence[str], same: Same) -> dict[str, Any]:
    return {name: _value(hit, name, same) for name in fields}


def _value(hit: Hit, name: str, same: Same) -> Any:
    best = hit.mentions[0]
    text = hit.document.text
    match name:
        case "document_id" | "id":
            return hit.document_id
        case "score" | "relevance" | "mention_count":
            return getattr(hit, name)
        case "mentions":
            return [one.model_dump() for one in hit.mentions]
        case "mention":
            return best.text
        case "start" | "end":
            return getattr(best, name)
        case "line":
            return text.count("\n", 0, best.start) + 1
        case "snippet":
            return excerpt(hit, SNIPPET_CHARACTERS, brackets=False).plain
        case "text":
            return text
        case "metadata":
            return hit.document.metadata
        case "duplicates":
            return same.get(hit.document_id, [])
        case _:
            return hit.document.metadata.get(name)


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else value


def _csv(cells: Sequence[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
