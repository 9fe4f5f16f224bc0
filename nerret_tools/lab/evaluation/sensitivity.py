"""What a worse detector would cost: gold spans taken away at random, the others ranked again."""

from __future__ import annotations

import numpy as np

from nerret_tools.lab.evaluation.ablations import rank_by_best
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.metrics import r_precision
from nerret_tools.lab.evaluation.representations import GoldMentions, Vectors
from nerret_tools.lab.evaluation.results import CoveragePoint
from nerret_tools.lab.evaluation.scoring import estimate

SHARES = (1.0, 0.95, 0.9, 0.8, 0.7)
"""Shares of the gold spans that stay; each keeps a part of what the one before it kept."""

SEED = 0


def take_spans_away(data: LabelledData, gold: GoldMentions) -> list[CoveragePoint]:
    """Rank by ever fewer of the gold spans; all relevant documents count, whatever spans they lost."""
    vectors = gold.embedding
    order = np.random.default_rng(SEED).permutation(len(vectors.owners))
    points = []
    for share in SHARES:
        kept = np.sort(order[: round(share * len(order))])
        rankings = rank_by_best(data, Vectors(vectors.owners[kept], vectors.things[kept], vectors.types))
        quality = estimate(r_precision(rankings[label], data.relevant[label]) for label in data.types)
        points.append(CoveragePoint(kept=len(kept) / max(1, len(order)), r_precision=quality))
    return points
