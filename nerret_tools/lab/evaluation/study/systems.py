"""Rankings in, a system's figures out; and how two systems compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.scoring import score_system
from nerret_tools.lab.evaluation.significance import wilcoxon_p
from nerret_tools.lab.evaluation.study.intervals import estimate
from nerret_tools.lab.evaluation.study.results import Comparison, SystemStudy

RECALL_LENGTHS = [round(0.05 * step, 2) for step in range(101)]
"""List lengths that recall is reported at, in multiples of the number of relevant documents."""


def study_system(
    name: str,
    data: LabelledData,
    rankings: Mapping[str, Sequence[str]],
    returned: Mapping[str, int] | None = None,
) -> SystemStudy:
    """Score one system. For the arguments see `score_system`."""
    scored = score_system(name, data, rankings, returned)
    curves = [recall_curve(rankings[label], data.relevant[label]) for label in data.types]
    return SystemStudy(
        name=name,
        r_precision=estimate(row.r_precision for row in scored.types),
        precision_at_50=estimate(row.precision_at_50 for row in scored.types),
        precision_at_200=estimate(row.precision_at_200 for row in scored.types),
        recall=np.mean(curves, axis=0).tolist(),
        types=scored.types,
    )


def recall_curve(ranking: Sequence[str], relevant: frozenset[str]) -> np.ndarray:
    """Recall at each of `RECALL_LENGTHS`, ``[lengths]``; a ranking that ends early stays where it ended."""
    hits = np.concatenate([[0], np.cumsum([document_id in relevant for document_id in ranking])])
    places = np.minimum(np.rint(np.array(RECALL_LENGTHS) * len(relevant)).astype(int), len(ranking))
    recall: np.ndarray = hits[places] / len(relevant)
    return recall


def compare(system: SystemStudy, baselines: Sequence[SystemStudy]) -> Comparison:
    """Compare R-Precision with the baseline that has the highest, type by type."""
    best = max(baselines, key=lambda baseline: baseline.r_precision.mean)
    ours = [row.r_precision for row in system.types]
    theirs = [row.r_precision for row in best.types]
    return Comparison(
        system=system.name,
        baseline=best.name,
        difference=estimate(one - other for one, other in zip(ours, theirs, strict=True)),
        p=wilcoxon_p(ours, theirs),
    )
