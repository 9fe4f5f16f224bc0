"""Where relevant documents get lost, type by type, with examples for the worst types.

A relevant document counts as found when it is in the first R places (R: how many are relevant)
and over the default cut-off. Of the others, each is somebody's fault; see `Fault`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nerret_tools.documents import Span
from nerret_tools.lab.evaluation.answers import Answers
from nerret_tools.lab.evaluation.coverage import JACCARD_THRESHOLD, jaccard
from nerret_tools.lab.evaluation.labelled import LabelledData, LabelledEntity
from nerret_tools.lab.evaluation.metrics import r_precision
from nerret_tools.lab.evaluation.results import Example, Fault, TypeFaults

if TYPE_CHECKING:
    from nerret_tools.index import EntityIndex

EXPLAINED_TYPES = 5
EXAMPLES_PER_FAULT = 2
WRONG_EXAMPLES = 3
CONTEXT_CHARACTERS = 60  # shown on each side of an example; enough to see what it is about
SEED = 0


class FaultFinder:
    """Blames detector, ranker or cut-off for each relevant document that is missing.

    Args:
        data: What is right.
        answers: Of an index with detected spans.
        predicted: Document id → detected spans.
        excerpts: Whether examples show the text around a name.
    """

    def __init__(
        self, data: LabelledData, answers: Answers, predicted: Mapping[str, Sequence[Span]], excerpts: bool = True
    ) -> None:
        self._excerpts = excerpts
        self._data = data
        self._answers = answers
        self._predicted = predicted
        self._documents = {document.id: document for document in data.documents}

    def all_types(self, index: EntityIndex) -> list[TypeFaults]:
        """Every type, the worst R-Precision first, the worst `EXPLAINED_TYPES` with examples.

        Args:
            index: The one that gave the answers; asked for the mention behind a wrong document.
        """
        quality = {
            label: r_precision(self._answers.rankings[label].ids, self._data.relevant[label])
            for label in self._data.types
        }
        order = sorted(quality, key=lambda label: (quality[label], label))
        return [self._study(label, index if number < EXPLAINED_TYPES else None) for number, label in enumerate(order)]

    def blame(self, label: str) -> dict[str, Fault | None]:
        """Relevant document → whose fault it is that it is missing, ``None`` where it was found."""
        ranking = self._answers.rankings[label]
        relevant = self._data.relevant[label]
        cutoff = self._answers.cutoffs[label]
        first_places = dict(zip(ranking.ids[: len(relevant)], ranking.relevances.tolist(), strict=False))
        blamed: dict[str, Fault | None] = {}
        for document_id in sorted(relevant):
            if document_id in first_places:
                blamed[document_id] = None if first_places[document_id] >= cutoff else Fault.CUT_OFF
            else:
                covered = any(self._covered(document_id, entity) for entity in self._entities(document_id, label))
                blamed[document_id] = Fault.RANKER if covered else Fault.DETECTOR
        return blamed

    def _study(self, label: str, index: EntityIndex | None) -> TypeFaults:
        blamed = self.blame(label)
        entities = [(one, entity) for one in blamed for entity in self._entities(one, label)]
        counts = {fault: sum(blame is fault for blame in blamed.values()) for fault in (None, *Fault)}
        return TypeFaults(
            label=label,
            description=self._data.types[label],
            relevant=len(blamed),
            coverage=sum(self._covered(one, entity) for one, entity in entities) / len(entities),
            found=counts[None],
            detector=counts[Fault.DETECTOR],
            ranker=counts[Fault.RANKER],
            cut_off=counts[Fault.CUT_OFF],
            missed=self._missed(label, blamed) if index is not None else [],
            wrong=self._wrong(label, index) if index is not None else [],
        )

    def _missed(self, label: str, blamed: Mapping[str, Fault | None]) -> list[Example]:
        """A seeded choice for each fault, so that nobody picks the nice ones."""
        ranking = self._answers.rankings[label]
        places = {document_id: place for place, document_id in enumerate(ranking.ids)}
        chance = np.random.default_rng(SEED)
        examples = []
        for fault in Fault:
            candidates = [document_id for document_id, blame in blamed.items() if blame is fault]
            chosen = chance.permutation(len(candidates))[:EXAMPLES_PER_FAULT]
            for document_id in (candidates[number] for number in sorted(chosen.tolist())):
                entity = self._shown(document_id, label, fault)
                before, inside, after = self._around(self._documents[document_id].text, entity.start, entity.end)
                place = places.get(document_id)
                examples.append(
                    Example(
                        document_id=document_id,
                        before=before,
                        name=inside,
                        after=after,
                        fault=fault,
                        place=None if place is None else place + 1,
                        relevance=0.0 if place is None else float(ranking.relevances[place]),
                    )
                )
        return examples

    def _wrong(self, label: str, index: EntityIndex) -> list[Example]:
        """The first wrong documents among the first R, each with the mention that brought it there."""
        relevant = self._data.relevant[label]
        ranked = self._answers.rankings[label].ids[: len(relevant)]
        wrong = [place for place, document_id in enumerate(ranked) if document_id not in relevant][:WRONG_EXAMPLES]
        if not wrong:
            return []
        ids = [ranked[place] for place in wrong]
        page = index.find(self._data.types[label], ids=ids, min_relevance=0, max_mentions=1)
        examples = []
        for place, hit in zip(wrong, page.hits, strict=True):
            mention = hit.mentions[0]
            before, inside, after = self._around(hit.document.text, mention.start, mention.end)
            entities = self._documents[hit.document_id].entities
            overlapping = {one.type for one in entities if one.start < mention.end and mention.start < one.end}
            examples.append(
                Example(
                    document_id=hit.document_id,
                    before=before,
                    name=inside,
                    after=after,
                    fault=None,
                    marked_as=sorted(overlapping),
                    place=place + 1,
                    relevance=hit.relevance or 0.0,
                )
            )
        return examples

    def _entities(self, document_id: str, label: str) -> list[LabelledEntity]:
        return [entity for entity in self._documents[document_id].entities if entity.type == label]

    def _shown(self, document_id: str, label: str, fault: Fault) -> LabelledEntity:
        """The entity that an example is about: where the ranker is to blame, one that it was given."""
        entities = self._entities(document_id, label)
        if fault is Fault.RANKER:
            entities = [entity for entity in entities if self._covered(document_id, entity)]
        return entities[0]

    def _covered(self, document_id: str, entity: LabelledEntity) -> bool:
        span = Span(start=entity.start, end=entity.end)
        return any(jaccard(span, found) > JACCARD_THRESHOLD for found in self._predicted[document_id])

    def _around(self, text: str, start: int, end: int) -> tuple[str, str, str]:
        """Text before, in and after a span, cut at white space where it is long, on one line."""
        before, after = (text[:start], text[end:]) if self._excerpts else ("", "")
        if len(before) > CONTEXT_CHARACTERS:
            before = "… " + before[-CONTEXT_CHARACTERS:].partition(" ")[2]
        if len(after) > CONTEXT_CHARACTERS:
            after = after[:CONTEXT_CHARACTERS].rpartition(" ")[0] + " …"
        one_line = str.maketrans("\n\r\t", "   ")
        return before.translate(one_line), text[start:end].translate(one_line), after.translate(one_line)
