"""What a worse detector would cost: gold spans taken away at random, the same index asked again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from nerret_tools.documents import Document, Span
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.metrics import r_precision
from nerret_tools.lab.evaluation.results import CoveragePoint, Estimate
from nerret_tools.lab.evaluation.scoring import estimate

if TYPE_CHECKING:
    from nerret_tools.index import EntityIndex

SHARES = (0.95, 0.9, 0.8, 0.7)
"""Shares of the gold spans that stay; each keeps a part of what the one before it kept."""

SEED = 0


def take_spans_away(index: EntityIndex, data: LabelledData, say: Callable[[str], None]) -> list[CoveragePoint]:
    """Thin out an index of gold spans, step by step, and measure after each step.

    Only the documents that lose a span are encoded again, so all steps together cost about as
    much as indexing once. The index is not worth anything else afterwards.

    Args:
        index: Holds the documents of ``data`` with their gold spans.
        data: What is right; all relevant documents count, whatever spans they lost.
        say: Called with a sentence before each step.
    """
    left = [list(document.gold_spans()) for document in data.documents]
    places = [(number, span) for number, spans in enumerate(left) for span in spans]
    order = np.random.default_rng(SEED).permutation(len(places))
    points = [CoveragePoint(kept=1.0, r_precision=_measure(index, data))]
    gone = 0
    for share in SHARES:
        say(f"Keeping {share:.0%} of the gold spans")
        stop = len(places) - round(share * len(places))
        losers = set()
        for place in order[gone:stop].tolist():
            number, span = places[place]
            left[number].remove(span)
            losers.add(number)
        gone = stop
        index.add((_thinned(data, left, number) for number in sorted(losers)), show_progress=False)
        kept = 1 - gone / len(places) if places else 1.0
        points.append(CoveragePoint(kept=kept, r_precision=_measure(index, data)))
    return points


def _thinned(data: LabelledData, left: list[list[Span]], number: int) -> Document:
    document = data.documents[number]
    return Document(id=document.id, text=document.text, spans=left[number])


def _measure(index: EntityIndex, data: LabelledData) -> Estimate:
    rankings = index.rank_many(list(data.types.values()))
    return estimate(
        r_precision(ranking.ids, data.relevant[label]) for label, ranking in zip(data.types, rankings, strict=True)
    )
