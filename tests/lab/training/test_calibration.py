"""The fit of relevance: on scores whose probabilities are known, and judged on types left out."""

from __future__ import annotations

import numpy as np
import pytest

from nerret_tools.lab.evaluation.calibration import best_f1, f1_at
from nerret_tools.lab.training.calibration import UNRANKED, Judged, fit_calibration, leave_one_out


def worlds(count=6, size=4000, seed=0):
    """Types whose documents are relevant with probability sigmoid(12 score - 5)."""
    generator = np.random.default_rng(seed)
    found = []
    for number in range(count):
        scores = generator.normal(0.2, 0.15, size)
        relevant = generator.random(size) < 1 / (1 + np.exp(5 - 12 * scores))
        found.append(Judged(scores, relevant, name=str(number)))
    return found


def test_the_curve_that_made_the_data_is_found_again():
    curve = fit_calibration(worlds())
    assert curve.slope == pytest.approx(12, rel=0.05)
    assert curve.intercept == pytest.approx(-5, rel=0.05)
    held = leave_one_out(worlds())
    assert held.calibration_error < 0.03
    assert held.f1 > 0.98 * held.best_f1


def test_the_cut_off_is_where_f1_is_best():
    rankings = worlds()
    curve = fit_calibration(rankings)
    promised = [(curve.relevance(scores), relevant) for scores, relevant, *_ in rankings]
    cutoffs = np.append(np.arange(0.01, 1, 0.01), curve.cutoff)
    shares = np.mean([f1_at(cutoffs, *one) / best_f1(*one) for one in promised], axis=0)
    assert shares[-1] == pytest.approx(max(shares), abs=0.005)


def test_a_relevant_document_without_a_score_counts_as_missed_and_does_not_bend_the_curve():
    plain = worlds()
    with_missed = [
        one._replace(scores=np.append(one.scores, [UNRANKED] * 500), relevant=np.append(one.relevant, [True] * 500))
        for one in plain
    ]
    assert fit_calibration(with_missed).slope == pytest.approx(fit_calibration(plain).slope)
    assert leave_one_out(with_missed).best_f1 < leave_one_out(plain).best_f1
    assert leave_one_out(with_missed).calibration_error == pytest.approx(leave_one_out(plain).calibration_error)
