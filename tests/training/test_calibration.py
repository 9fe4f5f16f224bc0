"""The fit of relevance: on scores whose probabilities are known, and judged on types left out."""

from __future__ import annotations

import numpy as np
import pytest

from nerret_tools.training.calibration import (
    UNRANKED,
    best_f1,
    calibration_error,
    f1_at,
    fit_calibration,
    leave_one_out,
)


def worlds(count=6, size=4000, seed=0):
    """Types whose documents are relevant with probability sigmoid(12 score - 5)."""
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        scores = generator.normal(0.2, 0.15, size)
        found.append((scores, generator.random(size) < 1 / (1 + np.exp(5 - 12 * scores))))
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
    mean = [np.mean([f1_at(*one, cutoff) / best_f1(*one) for one in rankings]) for cutoff in np.arange(0, 0.8, 0.01)]
    at = np.mean([f1_at(*one, curve.score_at(curve.cutoff)) / best_f1(*one) for one in rankings])
    assert at == pytest.approx(max(mean), abs=0.005)


def test_a_relevant_document_without_a_score_counts_as_missed_and_does_not_bend_the_curve():
    plain = worlds()
    with_missed = [(np.append(s, [UNRANKED] * 500), np.append(y, [True] * 500)) for s, y in plain]
    assert fit_calibration(with_missed).slope == pytest.approx(fit_calibration(plain).slope)
    assert best_f1(*with_missed[0]) < best_f1(*plain[0])


def test_f1_and_calibration_error_by_hand():
    scores, relevant = np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, False, True, False])
    assert f1_at(scores, relevant, 0.75) == pytest.approx(0.5)
    assert best_f1(scores, relevant) == pytest.approx(0.8)
    # bins 0.9-1: |0.95 - 1|, 0.2-0.3: |0.25 - 0.5| twice
    assert calibration_error(np.array([0.95, 0.25, 0.25]), np.array([True, True, False])) == pytest.approx(
        (0.05 + 2 * 0.25) / 3
    )
