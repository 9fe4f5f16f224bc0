"""Does the detector find the spans that people marked?

As the NER Retriever paper counts it: a gold span is covered when some predicted span has a
character Jaccard over 0.8 with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nerret_tools.documents import Span
from nerret_tools.lab.evaluation.results import CoverageReport

JACCARD_THRESHOLD = 0.8
"""A predicted span covers a gold one above this share of common characters (the paper's choice)."""


def jaccard(one: Span, other: Span) -> float:
    """Common characters of two non-empty spans over the characters of either, in [0, 1]."""
    common = min(one.end, other.end) - max(one.start, other.start)
    if common <= 0:
        return 0.0
    return common / (one.end - one.start + other.end - other.start - common)


def coverage(documents: Iterable[tuple[Sequence[Span], Sequence[Span]]]) -> CoverageReport:
    """Count over ``(gold spans, predicted spans)`` of each document."""
    document_count = gold_count = predicted_count = matched = 0
    for gold, predicted in documents:
        document_count += 1
        gold_count += len(gold)
        predicted_count += len(predicted)
        matched += sum(any(jaccard(span, found) > JACCARD_THRESHOLD for found in predicted) for span in gold)
    return CoverageReport(
        gold_spans=gold_count,
        matched=matched,
        predicted_spans=predicted_count,
        coverage=matched / gold_count if gold_count else 0.0,
        predicted_per_document=predicted_count / document_count if document_count else 0.0,
        predicted_per_gold=predicted_count / gold_count if gold_count else 0.0,
    )
