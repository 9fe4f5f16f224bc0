"""Micro span-F1: an extraction is right where span and type are exactly those marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from pydantic import BaseModel, Field

from nerret_tools.reading.labelled.documents import LabelledDocument

__all__ = ["SpanScore", "SpanScores", "difference_p", "score_spans"]

ROUNDS = 2000  # of the randomisation test

TypedSpan = tuple[int, int, str]


class SpanScore(BaseModel):
    """Counts, and what follows from them."""

    gold: int  # marked entities
    predicted: int  # extracted ones
    right: int  # both, with the same span and type
    precision: float  # `right / predicted`
    recall: float  # `right / gold`
    f1: float  # their harmonic mean


class SpanScores(BaseModel):
    """Over all types together (micro), and of each."""

    micro: SpanScore  # all types
    macro_f1: float  # mean F1 over the types that are marked at all
    spans: SpanScore  # the same as `micro` without looking at types: what detection alone reaches
    types: dict[str, SpanScore]  # of each type
    # gold, predicted and right entities of each document, `[n, 3]`; not in the output:
    counts: list[tuple[int, int, int]] = Field(default=[], exclude=True)


def score_spans(
    documents: Sequence[LabelledDocument], predicted: Iterable[Iterable[TypedSpan]], evaluated: Iterable[str]
) -> SpanScores:
    """Compare extractions with what is marked.

    A prediction on a span that is marked only with labels outside ``evaluated`` is neither right nor wrong.

    Args:
        documents: The marked documents.
        predicted: ``(start, end, type)`` of each document.
        evaluated: The labels that count.
    """
    labels = sorted(set(evaluated))
    counts = {label: [0, 0, 0] for label in labels}
    untyped = [0, 0, 0]
    by_document: list[tuple[int, int, int]] = []
    for document, found in zip(documents, predicted, strict=True):
        marked = {(one.start, one.end, one.type) for one in document.entities}
        gold = {one for one in marked if one[2] in counts}
        places = {one[:2] for one in gold}
        ignored = {one[:2] for one in marked} - places
        answers = {one for one in found if one[:2] not in ignored}
        by_document.append((len(gold), len(answers), len(answers & gold)))
        for one in gold:
            counts[one[2]][0] += 1
        for one in answers:
            counts[one[2]][1] += 1
        for one in answers & gold:
            counts[one[2]][2] += 1
        answered = {one[:2] for one in answers}
        for position, these in enumerate((places, answered, places & answered)):
            untyped[position] += len(these)
    types = {label: _score(*count) for label, count in counts.items()}
    present = [score.f1 for score in types.values() if score.gold]
    return SpanScores(
        micro=_score(*(sum(count[position] for count in counts.values()) for position in range(3))),
        macro_f1=sum(present) / max(1, len(present)),
        spans=_score(*untyped),
        types=types,
        counts=by_document,
    )


def difference_p(first: SpanScores, second: SpanScores, seed: int = 0) -> float:
    """Probability of a difference in micro F1 at least this large between two systems that are equally good.

    Approximate randomisation (Yeh, 2000): the two systems' answers to a document change places at random.
    """
    ours, theirs = np.array(first.counts, dtype=np.int64), np.array(second.counts, dtype=np.int64)
    swaps = np.random.default_rng(seed).random((ROUNDS, len(ours))) < 0.5
    delta = theirs - ours
    changed = swaps @ delta
    found = np.abs(_f1(ours.sum(axis=0) + changed) - _f1(theirs.sum(axis=0) - changed))
    observed = abs(float(_f1(ours.sum(axis=0)) - _f1(theirs.sum(axis=0))))
    return float(((found >= observed - 1e-12).sum() + 1) / (ROUNDS + 1))


def _f1(counts: np.ndarray) -> np.ndarray:
    result: np.ndarray = 2 * counts[..., 2] / np.maximum(1, counts[..., 0] + counts[..., 1])
    return result


def _score(gold: int, predicted: int, right: int) -> SpanScore:
    return SpanScore(
        gold=gold,
        predicted=predicted,
        right=right,
        precision=right / predicted if predicted else 0.0,
        recall=right / gold if gold else 0.0,
        f1=2 * right / (gold + predicted) if gold + predicted else 0.0,
    )
