"""Reliability and cut-offs, against figures worked out by hand and by brute force."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerret_tools.lab.evaluation.calibration import calibration_report, expected_calibration_error, f1_at, reliability
from nerret_tools.lab.evaluation.scoring import score_system


def test_bins_hold_what_was_promised_and_what_was_true():
    bins = reliability(np.array([0.0, 0.04, 0.5, 0.59, 1.0]), np.array([False, True, True, True, False]))
    assert [one.pairs for one in bins] == [2, 0, 0, 0, 0, 2, 0, 0, 0, 1]
    assert (bins[0].mean_relevance, bins[0].share_relevant) == (0.02, 0.5)
    assert (bins[9].mean_relevance, bins[9].share_relevant) == (1.0, 0.0)
    assert bins[1].mean_relevance is None
    # gaps 0.48, 0.455 and 1, weighted 2, 2 and 1
    assert expected_calibration_error(bins) == pytest.approx((2 * 0.48 + 2 * 0.455 + 1) / 5)


def test_a_perfect_probability_has_no_error():
    relevances = np.repeat([0.25, 0.75], 8)
    truth = np.array([True] * 2 + [False] * 6 + [True] * 6 + [False] * 2)
    assert expected_calibration_error(reliability(relevances, truth)) == pytest.approx(0)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.3, 0.3001, 0.8, 1.0]), st.booleans()), min_size=1))
def test_f1_at_a_cut_off_is_that_of_the_listed_documents(pairs):
    relevances = np.array([relevance for relevance, _ in pairs])
    truth = np.array([*(true for _, true in pairs[1:]), True])
    for cutoff in (0.05, 0.3, 0.30005, 0.8, 1.0):
        listed = relevances >= cutoff
        expected = 2 * (listed & truth).sum() / (listed.sum() + truth.sum())
        assert f1_at(np.array([cutoff]), relevances, truth)[0] == pytest.approx(expected)


@pytest.fixture
def found(rivers):
    data, answers, _ = rivers
    return calibration_report(data, answers, score_system("nerret", data, answers.ids, answers.returned))


def test_the_best_cut_offs_are_those_that_trying_all_of_them_finds(rivers, found):
    data, answers, _ = rivers

    def f1(label, cutoff):
        listed = {one for one, relevance in zip(*answers.rankings[label][::2], strict=True) if relevance >= cutoff}
        return 2 * len(listed & data.relevant[label]) / (len(listed) + len(data.relevant[label]))

    tried = np.arange(0.01, 1, 0.01)
    best = {label: max(f1(label, c) for c in tried) for label in data.types}
    assert found.best_type_f1 == pytest.approx(np.mean(list(best.values())))
    assert found.best_single_f1 == pytest.approx(max((f1("river", c) + f1("town", c)) / 2 for c in tried))
    assert found.f1_share == pytest.approx((f1("river", 0.35) / best["river"] + f1("town", 0.5) / best["town"]) / 2)
    # rivers: 3 listed, 1 of them right, of 4; towns: 3 listed, all right, of 3
    assert (found.listed.pairs, found.listed.share_relevant) == (6, pytest.approx(4 / 6))
    assert found.length == pytest.approx((3 / 4 + 3 / 3) / 2)


def test_what_was_promised_over_a_relevance_stands_beside_what_is_true(found):
    # 0.9, 0.8, 0.4 and 0.3 for rivers, of which 2 are right; 0.7, 0.6 and 0.5 for towns, all right
    assert (found.likely.pairs, found.likely.share_relevant) == (7, pytest.approx(5 / 7))
    assert found.likely.mean_relevance == pytest.approx((0.9 + 0.8 + 0.4 + 0.3 + 0.7 + 0.6 + 0.5) / 7)


def test_a_document_without_a_mention_counts_with_relevance_0(found):
    assert sum(one.pairs for one in found.bins) == 2 * 7
    assert found.bins[0].pairs == 2  # the mute document, once a type


def test_a_recall_that_is_asked_for_stands_beside_the_one_that_is_reached(rivers):
    data, answers, _ = rivers
    found = calibration_report(data, answers, score_system("nerret", data, answers.ids, answers.returned))
    # over 0.2: 3 of 4 rivers; over 0.1: all 3 towns
    assert (found.recall, found.recall_met) == (pytest.approx((3 / 4 + 1) / 2), 0.5)


def test_a_document_of_which_nobody_knows_is_neither_right_nor_wrong(rivers):
    data, answers, _ = rivers
    unsure = replace(data, unknown={"river": frozenset({"wrong"})})
    found = calibration_report(unsure, answers, score_system("nerret", data, answers.ids, answers.returned))
    assert sum(one.pairs for one in found.bins) == 2 * 7 - 1
    assert found.likely.pairs == 6
