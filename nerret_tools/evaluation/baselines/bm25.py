"""BM25: documents that share words with the type's description."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nerret_tools.errors import MissingExtraError
from nerret_tools.evaluation.baselines.order import best_first


def rank_by_words(ids: Sequence[str], texts: Sequence[str], queries: Sequence[str]) -> list[list[str]]:
    """Rank documents by `bm25s` with its own defaults (Lucene's BM25, English stop words).

    A document without a word of the query is not found: listing such documents in some order
    would credit BM25 with what chance gives.

    Raises:
        MissingExtraError: `bm25s` is not installed.
    """
    try:
        import bm25s
    except ImportError as error:
        raise MissingExtraError("the BM25 baseline", "evaluation") from error
    documents = _words(bm25s, texts)
    if not any(documents):  # bm25s cannot build an index without a word
        return [[] for _ in queries]
    engine = bm25s.BM25()
    engine.index(documents, show_progress=False)
    rankings = []
    for words in _words(bm25s, queries):
        scores = engine.get_scores(words) if words else np.zeros(len(ids), dtype=np.float32)
        found = np.flatnonzero(scores)
        rankings.append(best_first([ids[number] for number in found.tolist()], scores[found]))
    return rankings


def _words(bm25s: object, texts: Sequence[str]) -> list[list[str]]:
    tokenize = getattr(bm25s, "tokenize")  # noqa: B009
    words: list[list[str]] = tokenize(list(texts), stopwords="english", return_ids=False, show_progress=False)
    return words
