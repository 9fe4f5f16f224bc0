"""Relevance: a probability that grows with the score, and back."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nerret_tools.errors import ModelError
from nerret_tools.models import Calibration
from nerret_tools.training.calibration import fit_calibration, macro_f1


def test_a_score_and_its_relevance_lead_to_each_other():
    curve = Calibration(slope=9, intercept=-4, cutoff=0.4)
    for relevance in (0.01, 0.4, 0.99):
        assert curve.relevance(np.array([curve.score_at(relevance)]))[0] == pytest.approx(relevance)
    assert curve.score_at(0) is None
    assert curve.score_at(1) == math.inf


def test_the_curve_finds_the_one_that_made_the_data():
    generator = np.random.default_rng(0)
    rankings = []
    for _ in range(6):
        scores = generator.uniform(-0.5, 1, 4000)
        chance = 1 / (1 + np.exp(-(8 * scores - 5)))
        rankings.append((scores, generator.random(4000) < chance))
    fitted = fit_calibration(rankings)
    assert fitted.slope == pytest.approx(8, rel=0.1)
    assert fitted.intercept == pytest.approx(-5, rel=0.1)
    best = max(macro_f1(rankings, cutoff) for cutoff in np.arange(-0.5, 1, 0.01))
    assert macro_f1(rankings, fitted.score_at(fitted.cutoff)) > 0.98 * best


def test_f1_by_hand():
    scores, relevant = np.array([0.9, 0.8, 0.1, -1.0]), np.array([True, False, True, True])
    assert macro_f1([(scores, relevant)], 0.5) == pytest.approx(2 * 1 / (2 + 3))
    assert macro_f1([(scores, relevant), (scores, ~relevant)], 0.5) == pytest.approx((2 / 5 + 2 / 3) / 2)


def test_what_is_saved_comes_back_and_nonsense_is_named(tmp_path):
    curve = Calibration(9.5, -4.25, 0.4)
    curve.save(tmp_path / "curve.json")
    assert Calibration.load(tmp_path / "curve.json") == curve
    (tmp_path / "curve.json").write_text("{}")
    with pytest.raises(ModelError, match=r"curve\.json is not a calibration"):
        Calibration.load(tmp_path / "curve.json")
