"""The fit of relevance: on scores whose probabilities are known, and judged on domains left out."""

import numpy as np
import pytest

from nerret_tools.lab.training.calibration import UNRANKED, Judged, fit_calibration, leave_one_out


def worlds(count=6, size=4000, seed=0):
    """Types whose documents are relevant with probability sigmoid(12 score - 5)."""
    generator = np.random.default_rng(seed)
    found = []
    for number in range(count):
        scores = generator.normal(0.2, 0.15, size)
        relevant = generator.random(size) < 1 / (1 + np.exp(5 - 12 * scores))
        found.append(Judged(scores, relevant, domain=str(number)))
    return found


def test_the_curve_that_made_the_data_is_found_again():
    curve = fit_calibration(worlds())
    assert curve.slope == pytest.approx(12, rel=0.05)
    assert curve.intercept == pytest.approx(-5, rel=0.05)
    for held in leave_one_out(worlds()).values():
        assert held.said == pytest.approx(held.right, abs=0.03)
        assert held.f1_share > 0.97
        assert held.recall > 0.9  # nothing is strange here, and the expectation is cautious


def test_a_domain_counts_by_its_weight_however_many_types_it_has():
    few, many = worlds(2), worlds(8, seed=1)
    few = [one._replace(domain="few") for one in few]
    many = [one._replace(relevant=~one.relevant, domain="many") for one in many]
    assert fit_calibration(few + [one._replace(weight=0.01) for one in many]).slope > 8
    assert fit_calibration([one._replace(weight=0.01) for one in few] + many).slope < -8


def test_where_much_less_is_right_than_is_said_the_least_cut_off_is_high():
    """In some domains only what scores far above the rest is right."""
    generator = np.random.default_rng(3)
    rare = []
    for number in range(12):
        scores = np.concatenate([generator.normal(0.2, 0.15, 4000), generator.normal(0.7, 0.05, 20)])
        right = np.concatenate([np.zeros(4000, dtype=bool), np.ones(20, dtype=bool)])
        rare.append(Judged(scores, right, domain=f"rare {number}"))
    assert fit_calibration([*worlds(), *rare]).cutoff > fit_calibration(worlds()).cutoff


def test_a_relevant_document_without_a_score_counts_as_missed_and_does_not_bend_the_curve():
    plain = worlds()
    with_missed = [
        one._replace(scores=np.append(one.scores, [UNRANKED] * 500), relevant=np.append(one.relevant, [True] * 500))
        for one in plain
    ]
    assert fit_calibration(with_missed).slope == pytest.approx(fit_calibration(plain).slope)
