"""Means over types with the bootstrap's interval."""

import numpy as np
import pytest

from nerret_tools.lab.evaluation.study.intervals import estimate


def test_the_interval_is_where_means_of_resampled_types_fall():
    values = [0.1, 0.2, 0.2, 0.5, 0.55, 0.6, 0.9, 0.95]
    found = estimate(values)
    chance = np.random.default_rng(5)
    means = chance.choice(values, size=(40_000, len(values))).mean(axis=1)
    assert found.mean == pytest.approx(0.5)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=0.01)


def test_it_is_the_same_every_time():
    assert estimate([0.1, 0.4, 0.9]) == estimate([0.1, 0.4, 0.9])


def test_one_type_has_no_interval():
    found = estimate([0.4])
    assert (found.mean, found.low, found.high) == (0.4, None, None)


def test_types_that_all_agree_have_an_interval_of_no_width():
    found = estimate([0.25, 0.25, 0.25])
    assert (found.low, found.high) == pytest.approx((0.25, 0.25))
