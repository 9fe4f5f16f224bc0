"""What a calibration is fitted on: rankings of development types, with what is known of each document."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from nerret_tools.documents import Document
from nerret_tools.encoding.sentences import sentence_ranges
from nerret_tools.lab.evaluation.labelled import LabelledData, read_labelled
from nerret_tools.lab.evaluation.passages import join
from nerret_tools.lab.training.calibration import UNRANKED, Judged
from nerret_tools.lab.training.recipe import CalibrationStep
from nerret_tools.lab.training.taxonomy import read_nouns
from nerret_tools.lab.training.typed import FALSE, TRUE, TypeRelations, read_typed
from nerret_tools.models import ModelSpec


def judged_rankings(spec: ModelSpec, recipe: CalibrationStep, data: Path) -> list[Judged]:
    """Rank the documents of each domain for its types, on detected mentions.

    On the marked ones where the model has no span head; then sentences are not joined.

    Raises:
        DataFileError: A file cannot be read.
    """
    found: list[Judged] = []
    for source in recipe.labelled:
        labelled = read_labelled(data / source.path, data / source.types, limit_documents=recipe.limit)
        documents = [
            Document(
                id=one.id,
                text=one.text,
                spans=None if spec.has_span_head else one.gold_spans(),
            )
            for one in labelled.documents
        ]
        found += _judge(spec, documents, labelled.types, labelled.relevant, domain=source.path)
        if spec.has_span_head:
            found += _judge_joined(spec, labelled, recipe, domain=source.path)
    if recipe.typed and recipe.taxonomy is not None:
        found += _judge_typed(spec, recipe, data)
    return found


def _judge_joined(spec: ModelSpec, labelled: LabelledData, recipe: CalibrationStep, domain: str) -> Iterator[Judged]:
    sentences = random.Random(recipe.seed).sample(labelled.documents, len(labelled.documents))
    passages = join(sentences, recipe.joined)
    relevant = {
        label: {one.document.id for one in passages if any(id_ in wanted for id_, _, _ in one.sentences)}
        for label, wanted in labelled.relevant.items()
    }
    return _judge(spec, [one.document for one in passages], labelled.types, relevant, domain=domain)


def _judge_typed(spec: ModelSpec, recipe: CalibrationStep, data: Path) -> Iterator[Judged]:
    """Types of the held-back passages; what nobody knows of a type is left out of its ranking."""
    assert recipe.taxonomy is not None
    texts = read_typed([data / path for path in recipe.typed], sentence_ranges, held_back=True)
    relations = TypeRelations(texts, read_nouns(data / recipe.taxonomy))
    names = sorted({name for text in texts for types in text.types for name in types})
    asked = random.Random(recipe.seed).sample(names, min(recipe.typed_types, len(names)))
    relevant, unknown = {}, {}
    for name in asked:
        verdicts = {
            str(number): {relations.judge(name, types) for types in text.types} for number, text in enumerate(texts)
        }
        relevant[name] = {number for number, found in verdicts.items() if TRUE in found}
        unknown[name] = {number for number, found in verdicts.items() if found - {TRUE, FALSE} and TRUE not in found}
    documents = [Document(id=str(number), text=text.text) for number, text in enumerate(texts)]
    asked_for = {name: name for name in asked}
    return _judge(spec, documents, asked_for, relevant, domain="typed", unknown=unknown, weight=recipe.typed_weight)


def _judge(
    spec: ModelSpec,
    documents: Sequence[Document],
    types: Mapping[str, str],
    relevant: Mapping[str, frozenset[str] | set[str]],
    *,
    domain: str,
    unknown: Mapping[str, set[str]] | None = None,
    weight: float = 1.0,
) -> Iterator[Judged]:
    """Each type's ranking; relevant documents without a mention last."""
    from nerret_tools.index import EntityIndex

    with tempfile.TemporaryDirectory() as folder, EntityIndex.open(folder, model=spec) as index:
        index.add(documents, show_progress=False)
        stored = set(index.ids())
        rankings = index.rank_many(list(types.values()))
    for label, (ids, scores, _) in zip(types, rankings, strict=True):
        wanted = relevant[label] & stored
        open_ = set() if unknown is None else unknown[label]
        known = np.array([id_ not in open_ for id_ in ids], dtype=bool)
        if not wanted or not known.any():
            continue
        missed = len(wanted.difference(ids))
        right = np.array([id_ in wanted for id_ in ids], dtype=bool)[known]
        yield Judged(
            np.concatenate([scores[known], np.full(missed, UNRANKED)]),
            np.concatenate([right, np.ones(missed, dtype=bool)]),
            domain,
            weight,
        )
