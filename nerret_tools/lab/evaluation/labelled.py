"""Labelled data: documents with their entities, and the description that stands for each label."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nerret_tools.errors import DataFileError
from nerret_tools.reading.labelled import (
    LabelledDocument,
    LabelledEntity,
    LabelledFormat,
    numbered_documents,
    read_documents,
)

__all__ = ["LabelledData", "LabelledDocument", "LabelledEntity", "read_documents", "read_labelled"]

DRAWN = 1000
"""Documents drawn where parts of the method are compared with each other."""

SEED = 0


@dataclass(frozen=True)
class LabelledData:
    """What an evaluation runs on."""

    documents: list[LabelledDocument]  # all documents, in the order of the file
    types: dict[str, str]  # label → description, for the labels that are evaluated
    relevant: dict[str, frozenset[str]]  # label → ids of the documents with at least one entity of it, never empty
    left_out: list[str]  # labels with a description that no document carries, and so cannot be scored
    # label → ids of which nobody knows whether they are relevant; they are in no ranking:
    unknown: dict[str, frozenset[str]] = field(default_factory=dict)

    def known(self, label: str) -> list[str]:
        """Ids of the documents that are relevant or are not, in the order of the file."""
        unknown = self.unknown.get(label, frozenset())
        return [one.id for one in self.documents if one.id not in unknown]

    def draw(self, count: int) -> LabelledData:
        """So many documents by chance, the same ones each time; labels that none of them carries are gone."""
        order = np.random.default_rng(SEED).permutation(len(self.documents))[:count]
        documents = [self.documents[number] for number in order.tolist()]
        drawn = {one.id for one in documents}
        relevant = {label: found for label, ids in self.relevant.items() if (found := ids & drawn)}
        types = {label: self.types[label] for label in self.types if label in relevant}
        return LabelledData(documents, types, relevant, self.left_out, self.unknown)


def read_labelled(
    path: str | Path,
    types_path: str | Path,
    *,
    form: LabelledFormat | None = None,
    limit_documents: int | None = None,
) -> LabelledData:
    """Read labelled documents and the descriptions of their labels.

    Args:
        path: A file in one of the formats of `nerret_tools.reading.labelled`.
        types_path: A JSON object, label → description, or ``null`` for a label that is not evaluated.
        form: The file's format; detected where it is not given.
        limit_documents: Read no further than this many documents.

    Raises:
        DataFileError: A file cannot be read, a line is not what it should be (its number is
            named), an id comes twice, a label has no entry, or nothing is left to evaluate. All
            or nothing: with a document missing, every figure would mean something else.
    """
    descriptions = _read_types(Path(types_path))
    documents = []
    for number, document in numbered_documents(Path(path), form=form, limit=limit_documents):
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
    unknown: dict[str, set[str]] = {}
    for document in documents:
        for label in document.unknown:
            if document.id not in carriers.get(label, ()):
                unknown.setdefault(label, set()).add(document.id)
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
        unknown={label: frozenset(ids) for label, ids in unknown.items()},
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


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataFileError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from error
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read ({error.strerror or error})") from error
