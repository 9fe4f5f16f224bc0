"""JSON lines ``{"id", "text", "entities": [{"start", "end", "type"}]}``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from nerret_tools.errors import DataFileError
from nerret_tools.reading.labelled.documents import LabelledDocument
from nerret_tools.reading.labelled.lines import NumberedLine

_Model = TypeVar("_Model", bound=BaseModel)


def read_json_lines(path: Path, lines: Iterable[NumberedLine]) -> Iterator[tuple[int, LabelledDocument]]:
    """Read one document a line; blank lines are passed over."""
    for number, line in lines:
        if line.strip():
            place = f"{path}, line {number}"
            yield number, checked(LabelledDocument, json_object(line, place, "id, text and entities"), place)


def json_object(line: str, place: str, fields: str) -> dict[str, Any]:
    """Parse a line that must be a JSON object with these fields."""
    try:
        record: Any = json.loads(line)
    except ValueError as error:
        raise DataFileError(f"{place}: not JSON ({error})") from error
    if not isinstance(record, dict):
        raise DataFileError(f"{place}: expected a JSON object with {fields}")
    return record


def checked(model: type[_Model], record: dict[str, Any], place: str) -> _Model:
    """Validate a record; what is wrong with it is said with its place."""
    try:
        return model.model_validate(record)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataFileError(
            f"{place}: {where + ': ' if where else ''}{first['msg'].removeprefix('Value error, ')}"
        ) from error
