"""The loss of NER Retriever (section 3.2): a type is nearer to its mention than to another one, by a margin."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from nerret_tools.lab.evaluation.baselines.bm25 import score_words
from nerret_tools.lab.training.mentions import TypedMentions

NEAREST = 100  # items that BM25 finds for a type, of which those of the type are dropped


def triplet_loss(
    cosines: Tensor, positive: Tensor, hard: Tensor, has_hard: Tensor, margin: float, generator: np.random.Generator
) -> Tensor:
    """Mean hinge over all pairs of a type and a mention of it, each against one negative, by cosines.

    Args:
        cosines: Of types and mentions, ``[n_types, n_mentions]``.
        positive: True where the mention is of the type.
        hard: Cosine of each type with a mention that is like it in words only, ``[n_types]``.
        has_hard: True where that one is the negative, ``[n_types]``; elsewhere one of the batch is drawn.
        margin: Between the two cosines.
        generator: Draws.
    """
    negatives = [np.flatnonzero(row) for row in (~positive).numpy()]
    pairs = [(row, column) for row, column in positive.nonzero().tolist() if len(negatives[row])]
    if not pairs:
        return cosines.sum() * 0
    rows, columns = np.array(pairs).T
    others = [generator.choice(negatives[row]) for row in rows]
    far = torch.where(has_hard[rows], hard[rows], cosines[rows, others])
    return (margin - cosines[rows, columns] + far).clamp(min=0).mean()


def hard_negatives(data: TypedMentions) -> list[np.ndarray]:
    """For each type the items that BM25 finds nearest to its first wording and that are not of it.

    Raises:
        MissingExtraError: `bm25s` is not installed.
    """
    kinds, first = np.unique(data.anchor_type, return_index=True)
    found: list[np.ndarray] = [np.empty(0, dtype=np.int64)] * (int(kinds.max()) + 1)
    queries = [data.described[place] for place in first]
    for kind, scores in zip(kinds, score_words(data.words, queries), strict=True):
        best = np.argpartition(-scores, min(NEAREST, len(scores)) - 1)[:NEAREST]
        found[kind] = np.array(
            [item for item in best if scores[item] > 0 and kind not in data.types_of[item]], dtype=np.int64
        )
    return found
