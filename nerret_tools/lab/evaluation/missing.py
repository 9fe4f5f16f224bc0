"""Which relevant documents a list leaves out, whose fault each is, and what to change: on a user's own labels.

As `faults`, with two differences: what counts is the default list, not the first R places, and the relevant
documents may be those of a review, of which nobody marked where they name what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel

from nerret_tools.documents import Span
from nerret_tools.errors import DataFileError
from nerret_tools.lab.evaluation.coverage import JACCARD_THRESHOLD, jaccard
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.results import Fault
from nerret_tools.review.journal import Entry, Header

if TYPE_CHECKING:
    from nerret_tools.index import EntityIndex
    from nerret_tools.searching import Ranking

__all__ = ["Missing", "MissingReport", "Wanted", "find_missing", "from_labels", "from_review"]

ADVICE = {
    Fault.DETECTOR: "the detector: add documents with spans of your own, or open the index with another detector",
    Fault.RANKER: "the ranker: put the type in other words, or index with a larger model",
    Fault.CUT_OFF: "the cut-off: ask for recall=0.9, or for the min_relevance of the type's row",
}


@dataclass(frozen=True)
class Wanted:
    """What should be found for a type.

    Attributes:
        label: Its name.
        description: The query.
        known: Ids of all documents of which it is known whether they are relevant.
        relevant: Relevant document → the spans that make it so; empty where nobody marked them.
    """

    label: str
    description: str
    known: frozenset[str]
    relevant: Mapping[str, Sequence[Span]]


class MissingDocument(BaseModel):
    """A relevant document that the default list leaves out."""

    document_id: str
    fault: Fault
    place: int | None  # among the documents that are known, from 1; None without a mention
    relevance: float
    names: list[str]  # what makes it relevant, where that is marked


class Missing(BaseModel):
    """What the default list of a type leaves out."""

    label: str
    description: str
    relevant: int
    found: int  # of these, in the list
    wrong: int  # others in the list, of the documents that are known
    detector: int  # missing since no detected mention is there
    ranker: int  # missing, and behind the first R of the known documents, R: how many are relevant
    cut_off: int  # missing, and among the first R
    min_relevance: float  # the default cut-off
    lowest: float | None  # a cut-off with which those that it left out would be listed
    documents: list[MissingDocument]


class MissingReport(BaseModel):
    """All types, and what to change."""

    types: list[Missing]
    advice: list[str]  # the worst fault first


def from_labels(data: LabelledData) -> list[Wanted]:
    """Take what is relevant from labelled documents."""
    spans: dict[str, dict[str, list[Span]]] = {label: {} for label in data.types}
    for document in data.documents:
        for entity in document.entities:
            if entity.type in spans:
                own = spans[entity.type].setdefault(document.id, [])
                own.append(Span(start=entity.start, end=entity.end))
    return [Wanted(label, data.types[label], frozenset(data.known(label)), spans[label]) for label in data.types]


def from_review(header: Header, judged: Iterable[Entry]) -> Wanted:
    """Take what is relevant from the verdicts of a review."""
    verdicts = {entry.document: entry.verdict for entry in judged}
    known = frozenset(one for one, verdict in verdicts.items() if verdict != "unsure")
    relevant: dict[str, Sequence[Span]] = {one: () for one, verdict in verdicts.items() if verdict == "yes"}
    if not relevant:
        raise DataFileError(f"no document of the review of {header.entity_type!r} was judged to be relevant")
    return Wanted(header.entity_type, header.entity_type, known, relevant)


def find_missing(index: EntityIndex, wanted: Sequence[Wanted]) -> MissingReport:
    """Compare the default lists of an index with what is wanted.

    Args:
        index: Holds all documents that are known, and perhaps others.
        wanted: By type.

    Raises:
        DataFileError: A document is not in the index.
    """
    known = frozenset().union(*(one.known for one in wanted))
    absent = known.difference(index.ids())
    if absent:
        raise DataFileError(
            f"{len(absent):,} labelled documents are not in the index, such as {min(absent)!r}: "
            "add them, or leave out --index to index the labelled file itself"
        )
    queries = [one.description for one in wanted]
    rankings = index.rank_many(queries)
    cutoffs = [found.min_relevance or 0.0 for found in index.find_many(queries, limit=1, max_mentions=0)]
    types = [_missing(index, *row) for row in zip(wanted, rankings, cutoffs, strict=True)]
    counts = {
        Fault.DETECTOR: sum(one.detector for one in types),
        Fault.RANKER: sum(one.ranker for one in types),
        Fault.CUT_OFF: sum(one.cut_off for one in types),
    }
    every = sum(counts.values())
    worst_first = sorted((fault for fault in Fault if counts[fault]), key=lambda fault: -counts[fault])
    advice = [f"{counts[fault]:,} of {every:,} missing: {ADVICE[fault]}" for fault in worst_first]
    return MissingReport(types=types, advice=advice)


def _missing(index: EntityIndex, wanted: Wanted, ranking: Ranking, cutoff: float) -> Missing:
    ranked = [
        (name, relevance)
        for name, relevance in zip(ranking.ids, ranking.relevances.tolist(), strict=True)
        if name in wanted.known
    ]
    places = {name: place for place, (name, _) in enumerate(ranked)}
    relevances = dict(ranked)
    listed = {name for name, relevance in ranked if relevance >= cutoff}
    missing = []
    for name in sorted(wanted.relevant.keys() - listed):
        fault = _fault(index, name, wanted.relevant[name], places.get(name), len(wanted.relevant))
        text = index.get([name])[0].text
        missing.append(
            MissingDocument(
                document_id=name,
                fault=fault,
                place=None if name not in places else places[name] + 1,
                relevance=round(relevances.get(name, 0.0), 4),
                names=list(dict.fromkeys(text[span.start : span.end] for span in wanted.relevant[name])),
            )
        )
    cut = [one.relevance for one in missing if one.fault is Fault.CUT_OFF]
    return Missing(
        label=wanted.label,
        description=wanted.description,
        relevant=len(wanted.relevant),
        found=len(listed & wanted.relevant.keys()),
        wrong=len(listed - wanted.relevant.keys()),
        detector=sum(one.fault is Fault.DETECTOR for one in missing),
        ranker=sum(one.fault is Fault.RANKER for one in missing),
        cut_off=len(cut),
        min_relevance=round(cutoff, 4),
        lowest=min(cut, default=None),
        documents=missing,
    )


def _fault(index: EntityIndex, name: str, marked: Sequence[Span], place: int | None, relevant: int) -> Fault:
    if place is None:
        return Fault.DETECTOR
    if marked:
        detected = [Span(start=one.start, end=one.end) for one in index.mentions(name)]
        if not any(jaccard(span, found) > JACCARD_THRESHOLD for span in marked for found in detected):
            return Fault.DETECTOR
    return Fault.CUT_OFF if place < relevant else Fault.RANKER
