"""Which mentions are compared: so many types, so many sentences of each, and pairs of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nerret_tools.errors import DataFileError
from nerret_tools.reading.labelled.documents import LabelledDocument


@dataclass(frozen=True)
class TypeMentions:
    """The mentions of one type."""

    label: str  # the type's label
    by_document: Mapping[int, list[tuple[int, int]]]  # number of a document → character spans of the type in it


@dataclass(frozen=True)
class MentionSample:
    """Mentions, one a row; all arrays are ``[n]``."""

    documents: np.ndarray  # numbers of the documents
    spans: np.ndarray  # character offsets, `[n, 2]`
    labels: np.ndarray  # numbers of the types
    surfaces: np.ndarray  # numbers that are equal where the mentions' texts are, letter case aside

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: np.ndarray) -> MentionSample:
        """Return these rows only."""
        return MentionSample(self.documents[rows], self.spans[rows], self.labels[rows], self.surfaces[rows])


def collect_mentions(
    documents: Sequence[LabelledDocument], labels: Sequence[str], *, sentences: int
) -> tuple[list[TypeMentions], list[str]]:
    """Find the mentions of each label in documents, each a sentence; a span with two labels is of neither.

    Returns:
        The labels that are in enough documents, with their mentions; and those that are not.

    Raises:
        DataFileError: Fewer than two labels are in enough documents.
    """
    found: dict[str, dict[int, list[tuple[int, int]]]] = {label: {} for label in labels}
    for number, document in enumerate(documents):
        for span, marked in document.types_of_spans().items():
            if len(marked) == 1 and (label := next(iter(marked))) in found:
                found[label].setdefault(number, []).append(span)
    enough = [TypeMentions(label, found[label]) for label in labels if len(found[label]) >= sentences]
    if len(enough) < 2:
        raise DataFileError(
            f"{len(enough)} of {len(labels)} types are in {sentences} documents or more; a sweep compares "
            "types, so it needs two. Ask for fewer sentences a type, or bring more data."
        )
    return enough, [label for label in labels if len(found[label]) < sentences]


def draw_sample(
    documents: Sequence[LabelledDocument],
    mentions: Sequence[TypeMentions],
    *,
    types: int,
    sentences: int,
    random: np.random.Generator,
) -> MentionSample:
    """Draw ``types`` types (all, where there are no more), ``sentences`` documents of each, a mention in each."""
    chosen = random.choice(len(mentions), size=min(types, len(mentions)), replace=False)
    rows: list[tuple[int, int, int, int]] = []
    for label in sorted(chosen.tolist()):
        candidates = sorted(mentions[label].by_document)
        for number in random.choice(candidates, size=sentences, replace=False).tolist():
            spans = mentions[label].by_document[number]
            rows.append((number, *spans[random.integers(len(spans))], label))
    surfaces = [documents[number].text[start:end].casefold() for number, start, end, _ in rows]
    table = np.array(rows, dtype=np.int64)
    return MentionSample(
        documents=table[:, 0],
        spans=table[:, 1:3],
        labels=table[:, 3],
        surfaces=np.unique(surfaces, return_inverse=True)[1],
    )


def draw_pairs(
    sample: MentionSample, random: np.random.Generator, *, different_surfaces: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Pair the mentions: as many pairs of one type as of two, never two mentions of one document.

    `different_surfaces` leaves out pairs whose mentions have the same text: the same name twice is close at any tap,
    which says nothing about types.

    Returns:
        Same-type and different-type pairs, each ``[n, 2]`` rows of the sample.
    """
    first, second = np.triu_indices(len(sample), k=1)
    allowed = sample.documents[first] != sample.documents[second]
    if different_surfaces:
        allowed &= sample.surfaces[first] != sample.surfaces[second]
    pairs = np.stack([first, second], axis=1)[allowed]
    alike = sample.labels[pairs[:, 0]] == sample.labels[pairs[:, 1]]
    same, different = pairs[alike], pairs[~alike]
    count = min(len(same), len(different))
    return _some(same, count, random), _some(different, count, random)


def _some(pairs: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    return pairs[np.sort(random.choice(len(pairs), size=count, replace=False))]
