"""Table 4: other representations in the place of the shipped one, on gold spans.

Only the shipped embedding has a trained projection. The others are compared as they come out of
the transformer: centred on the mean of what is compared, unit length, cosine.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nerret_tools.lab.evaluation.baselines.order import best_first
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.metrics import r_precision
from nerret_tools.lab.evaluation.representations import GoldMentions, Vectors, side_by_side
from nerret_tools.lab.evaluation.results import Ablation
from nerret_tools.lab.evaluation.scoring import estimate

ROUNDING = 1e-3
"""Two readings of one backbone may differ by so much; an adapter changes more."""


def score_representations(data: LabelledData, gold: GoldMentions, published: Mapping[str, Vectors]) -> list[Ablation]:
    """Score every representation.

    Args:
        data: What is right.
        gold: The shipped model's vectors.
        published: See `read_published`.
    """
    tap = _centred(published["tap"])
    rows = [_row("nerret: the best embedding's cosine", data, gold.embedding, projected=True)]
    if gold.context is not None:
        rows.append(
            _row("without the context: the mention's part of the embedding", data, gold.mention, projected=True)
        )
        rows.append(
            _row("without the mention: the context's part of the embedding", data, gold.context, projected=True)
        )
    rows.append(_row("the mention without the projection", data, _centred(gold.raw)))
    if not np.allclose(gold.raw.things, published["tap"].things, atol=ROUNDING):
        rows.append(_row("published backbone, the mention at the same tap: no adapter either", data, tap))
    first = _centred(published["first token"])
    mentions_first = Vectors(tap.owners, first.things[tap.owners], first.types)
    return [
        *rows,
        _row("published backbone, last block's output", data, _centred(published["last"])),
        _row("published backbone, the text's first token ([CLS]) in place of the mention", data, first),
        _row(
            "published backbone, the text's last token in place of the mention", data, _centred(published["last token"])
        ),
        _row("published backbone, mention and first token side by side", data, side_by_side(tap, mentions_first)),
    ]


def rank_by_best(data: LabelledData, vectors: Vectors) -> dict[str, list[str]]:
    """Label → documents by the best cosine of what they hold; those that hold nothing, or are unknown, are left out.

    Args:
        data: Gives the ids and labels.
        vectors: Of unit length.
    """
    holders = np.unique(vectors.owners)
    ids = [data.documents[number].id for number in holders.tolist()]
    rankings = {}
    for label, query in zip(data.types, vectors.types, strict=True):
        best = np.full(len(data.documents), -np.inf, dtype=np.float32)
        np.maximum.at(best, vectors.owners, vectors.things @ query)
        unknown = data.unknown.get(label, ())
        rankings[label] = [one for one in best_first(ids, best[holders]) if one not in unknown]
    return rankings


def _row(name: str, data: LabelledData, vectors: Vectors, *, projected: bool = False) -> Ablation:
    rankings = rank_by_best(data, vectors)
    types = {label: r_precision(ranking, data.relevant[label]) for label, ranking in rankings.items()}
    return Ablation(name=name, projected=projected, r_precision=estimate(types.values()), types=types)


def _centred(vectors: Vectors) -> Vectors:
    """Take off the common component, which would hide what differs; no label is needed for it."""
    center = vectors.things.mean(axis=0)
    return Vectors(vectors.owners, _unit(vectors.things - center), _unit(vectors.types - center))


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: np.ndarray = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    return unit
