"""Recall over list length, and comparisons with the best baseline."""

import pytest

from nerret_tools.lab.evaluation.study.systems import RECALL_LENGTHS, compare, recall_curve, study_system


def test_recall_grows_with_the_list_and_stays_where_the_ranking_ends():
    curve = dict(zip(RECALL_LENGTHS, recall_curve(["a", "x", "b", "y"], frozenset("abc")), strict=True))
    assert curve[0] == 0
    assert curve[0.35] == pytest.approx(1 / 3)  # one place
    assert curve[1] == pytest.approx(2 / 3)  # three places
    assert curve[5] == pytest.approx(2 / 3)  # fifteen places, of which four are filled


def test_at_length_one_recall_is_r_precision(rivers):
    data, answers, _ = rivers
    system = study_system("nerret", data, answers.ids)
    assert system.recall[RECALL_LENGTHS.index(1)] == pytest.approx(system.r_precision.mean)


def test_the_best_baseline_is_the_one_that_is_compared_with(rivers):
    data, answers, _ = rivers
    ours = study_system("nerret", data, answers.ids)
    nothing = study_system("nothing", data, {label: [] for label in data.types})
    perfect = study_system("perfect", data, {label: sorted(data.relevant[label]) for label in data.types})
    comparison = compare(ours, [nothing, perfect])
    assert comparison.baseline == "perfect"
    # R-Precision 2/4 and 3/3, against 1 and 1
    assert comparison.difference.mean == pytest.approx(-0.25)
    assert compare(ours, [nothing]).difference.mean == pytest.approx(0.75)
