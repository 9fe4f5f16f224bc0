"""BM25: documents that share words with the type's description."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nerret_tools.extras import extra_package
from nerret_tools.lab.evaluation.baselines.order import best_first


def rank_by_words(ids: Sequence[str], texts: Sequence[str], queries: Sequence[str]) -> list[list[str]]:
    """Rank documents by BM25, equal ones by id.

    A document without a word of the query is not found: listing such documents in some order
    would credit BM25 with what chance gives.

    Raises:
        MissingExtraError: `bm25s` is not installed.
    """
    rankings = []
    for scores in score_words(texts, queries):
        found = np.flatnonzero(scores)
        rankings.append(best_first([ids[number] for number in found.tolist()], scores[found]))
    return rankings


def score_words(texts: Sequence[str], queries: Sequence[str]) -> Iterator[np.ndarray]:
    """Score all texts for each query, ``[n_texts]``, by `bm25s` with its own defaults.

    These are Lucene's BM25 and English stop words. A text without a word of the query has 0.

    Raises:
        MissingExtraError: `bm25s` is not installed.
    """
    bm25s = extra_package("bm25s", "BM25", "evaluation")

    def words(texts: Sequence[str]) -> list[list[str]]:
        found: list[list[str]] = bm25s.tokenize(list(texts), stopwords="english", return_ids=False, show_progress=False)
        return found

    documents = words(texts)
    engine = bm25s.BM25()
    if any(documents):  # bm25s cannot build an index without a word
        engine.index(documents, show_progress=False)
    for query in words(queries):
        yield engine.get_scores(query) if query and any(documents) else np.zeros(len(texts), dtype=np.float32)
