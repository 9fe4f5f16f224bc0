"""People's documents are longer than a sentence: the same sentences by themselves and joined to passages."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

from nerret_tools.documents import Document
from nerret_tools.index import EntityIndex
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.metrics import macro, r_precision
from nerret_tools.lab.evaluation.results import PassagePoint
from nerret_tools.lab.evaluation.scoring import estimate
from nerret_tools.reading.labelled.documents import LabelledDocument

SENTENCES = 1000
"""Sentences drawn; each length needs an index of its own."""

LENGTHS = (1, 3, 10, 30)


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


def join_sentences(data: LabelledData, model: str, sentences: int = SENTENCES) -> list[PassagePoint]:
    """Index sentences drawn by chance, by themselves and joined, with detected spans, and ask for every type."""
    drawn = data.draw(sentences)
    return [_measure(drawn, length, model) for length in LENGTHS] if drawn.types else []


def _measure(data: LabelledData, length: int, model: str) -> PassagePoint:
    passages, queries = join(data.documents, length), list(data.types.values())
    by_id = {one.document.id: one for one in passages}
    precisions, recalls = [], []
    with (
        tempfile.TemporaryDirectory(prefix="nerret-passages-") as folder,
        EntityIndex.open(folder, model=model) as index,
    ):
        index.add((one.document for one in passages), show_progress=False)
        most = max(index.stats().mentions, 1)  # every mention over the cut-off
        answers = index.find_many(queries, max_mentions=most)
        for label, ranking, answer in zip(data.types, index.rank_many(queries), answers, strict=True):
            wanted, unknown = data.relevant[label], data.unknown.get(label, frozenset())
            right, open_ = (
                {one.document.id for one in passages if any(name in those for name, _, _ in one.sentences)}
                for those in (wanted, unknown)
            )
            precisions.append(r_precision([one for one in ranking.ids if one in right or one not in open_], right))
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
            recalls.append(len(found & wanted) / len(wanted))
    return PassagePoint(
        sentences=length, documents=len(passages), r_precision=estimate(precisions), recall=macro(recalls)
    )
