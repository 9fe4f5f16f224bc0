"""JSON lines ``{"id", "text", "entities": [{"start", "end", "type"}]}``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nerret_tools.errors import DataFileError
from nerret_tools.evaluation.documents import LabelledDocument
from nerret_tools.evaluation.formats.lines import NumberedLine


def read_json_lines(path: Path, lines: Iterable[NumberedLine]) -> Iterator[tuple[int, LabelledDocument]]:
    """Read one document a line; blank lines are passed over."""
    for number, line in lines:
        if line.strip():
            place = f"{path}, line {number}"
            yield number, checked(json_object(line, place, "id, text and entities"), place)


def json_object(line: str, place: str, fields: str) -> dict[str, Any]:
    """Parse a line that must be a JSON object with these fields."""
    try:
        record: Any = json.loads(line)
    except ValueError as error:
        raise DataFileError(f"{place}: not JSON ({error})") from error
    if not isinstance(record, dict):
        raise DataFileError(f"{place}: expected a JSON object with {fields}")
    return record


def checked(record: dict[str, Any], place: str) -> LabelledDocument:
    """Validate a record; what is wrong with it is said with its place."""
    try:
        return LabelledDocument.model_validate(record)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataFileError(
            f"{place}: {where + ': ' if where else ''}{first['msg'].removeprefix('Value error, ')}"
        ) from error
