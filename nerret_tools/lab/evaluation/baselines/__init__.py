"""What the index is measured against: other ways to rank the same documents for the same types."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from nerret_tools.lab.evaluation.baselines.bm25 import rank_by_words
from nerret_tools.lab.evaluation.baselines.dense import SentenceEncoder, rank_by_vectors

__all__ = ["Baseline", "rank_with"]


class Baseline(StrEnum):
    """The baselines that can be asked for."""

    BM25 = "bm25"
    DENSE = "dense"


def rank_with(
    baseline: Baseline, ids: Sequence[str], texts: Sequence[str], queries: Sequence[str], backbone: str | Path
) -> list[list[str]]:
    """Rank all documents for each query.

    Args:
        baseline: Which one.
        ids: The documents' ids.
        texts: The documents' texts, in the same order.
        queries: Type descriptions.
        backbone: Where the evaluated model's backbone lies; only ``DENSE`` reads it.

    Returns:
        One list of all ids for each query, best first, ties in order of id.

    Raises:
        MissingExtraError: The baseline's package is not installed.
        ModelError: The backbone has no published sentence pooling that we know.
    """
    if baseline is Baseline.BM25:
        return rank_by_words(ids, texts, queries)
    return rank_by_vectors(SentenceEncoder.load(backbone), ids, texts, queries)
