"""Relevance: a probability that grows with the score, and back."""

import math

import numpy as np
import pytest

from nerret_tools.errors import ModelError
from nerret_tools.models import Calibration


def test_a_score_and_its_relevance_lead_to_each_other():
    curve = Calibration(slope=9, intercept=-4, cutoff=0.4)
    for relevance in (0.01, 0.4, 0.99):
        assert curve.relevance(np.array([curve.score_at(relevance)]))[0] == pytest.approx(relevance)
    assert curve.score_at(0) is None
    assert curve.score_at(1) == math.inf


def test_what_is_saved_comes_back_and_nonsense_is_named(tmp_path):
    curve = Calibration(9.5, -4.25, 0.4)
    curve.save(tmp_path / "curve.json")
    assert Calibration.load(tmp_path / "curve.json") == curve
    (tmp_path / "curve.json").write_text("{}")
    with pytest.raises(ModelError, match=r"curve\.json is not a calibration"):
        Calibration.load(tmp_path / "curve.json")
