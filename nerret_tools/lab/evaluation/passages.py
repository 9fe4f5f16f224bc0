"""People's documents are longer than a sentence: the same sentences by themselves and joined to passages."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nerret_tools.documents import Document
from nerret_tools.index import EntityIndex
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.metrics import macro, r_precision
from nerret_tools.lab.evaluation.results import PassagePoint
from nerret_tools.lab.evaluation.scoring import estimate
from nerret_tools.reading.labelled.documents import LabelledDocument

SENTENCES = 2000
"""Sentences drawn; each length needs an index of its own."""

LENGTHS = (1, 3, 10, 30)
SEED = 0


@dataclass(frozen=True)
class Passage:
    """Sentences joined by one space."""

    document: Document  # id and text
    sentences: list[tuple[str, int, int]]  # each sentence's id with its characters `[start, end)`


def join(sentences: Sequence[LabelledDocument], length: int) -> list[Passage]:
    """Join neighbours, so many to a passage; the last one may be shorter."""
    passages = []
    for first in range(0, len(sentences), length):
        places, position = [], 0
        for one in sentences[first : first + length]:
            places.append((one.id, position, position + len(one.text)))
            position += len(one.text) + 1
        text = " ".join(one.text for one in sentences[first : first + length])
        passages.append(Passage(Document(id=f"{length}-{first}", text=text), places))
    return passages


def join_sentences(data: LabelledData, model: str) -> list[PassagePoint]:
    """Index a seeded draw of the sentences by themselves and joined, with detected spans, and ask for every type."""
    order = np.random.default_rng(SEED).permutation(len(data.documents))[:SENTENCES]
    sentences = [data.documents[number] for number in order.tolist()]
    drawn = {one.id for one in sentences}
    relevant = {label: data.relevant[label] & drawn for label in data.types}
    asked = {label: data.types[label] for label in data.types if relevant[label]}
    return [_measure(join(sentences, length), length, asked, relevant, model) for length in LENGTHS] if asked else []


def _measure(
    passages: Sequence[Passage], length: int, asked: dict[str, str], relevant: dict[str, frozenset[str]], model: str
) -> PassagePoint:
    by_id = {one.document.id: one for one in passages}
    precisions, recalls = [], []
    with (
        tempfile.TemporaryDirectory(prefix="nerret-passages-") as folder,
        EntityIndex.open(folder, model=model) as index,
    ):
        index.add((one.document for one in passages), show_progress=False)
        most = max(index.stats().mentions, 1)  # every mention over the cut-off
        answers = index.find_many(list(asked.values()), max_mentions=most)
        for label, ranking, answer in zip(asked, index.rank_many(list(asked.values())), answers, strict=True):
            right = {one.document.id for one in passages if any(s in relevant[label] for s, _, _ in one.sentences)}
            precisions.append(r_precision(ranking.ids, right))
            found = {
                sentence
                for hit in answer.hits
                for sentence, start, end in by_id[hit.document_id].sentences
                if any(
                    start <= place < end
                    for one in hit.mentions
                    for place in (one.start, *(other.start for other in one.repeats))
                )
            }
            recalls.append(len(found & relevant[label]) / len(relevant[label]))
    return PassagePoint(
        sentences=length, documents=len(passages), r_precision=estimate(precisions), recall=macro(recalls)
    )
