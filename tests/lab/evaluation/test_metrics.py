"""Figures of rankings, worked out by hand and by brute force."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerret_tools.lab.evaluation.metrics import cut_off_scores, macro, precision_at, r_precision

RANKING = ["d1", "d2", "d3", "d4", "d5"]


def test_r_precision_looks_at_as_many_places_as_there_are_relevant_documents():
    # R = 3; of d1, d2, d3 two are relevant
    assert r_precision(RANKING, {"d1", "d3", "d5"}) == pytest.approx(2 / 3)


def test_a_perfect_ranking_has_r_precision_one():
    assert r_precision(RANKING, {"d1", "d2"}) == 1.0


def test_a_ranking_with_no_relevant_document_in_its_first_r_places_has_zero():
    assert r_precision(RANKING, {"d4", "d5"}) == 0.0


def test_places_that_a_short_ranking_leaves_empty_count_as_wrong():
    # R = 4, two places are filled, both right: 2 / 4 and not 2 / 2
    assert r_precision(["d1", "d2"], {"d1", "d2", "d3", "d4"}) == 0.5
    assert precision_at(["d1", "d2"], {"d1", "d2"}, 50) == pytest.approx(2 / 50)
    assert r_precision([], {"d1"}) == 0.0


def test_precision_at_a_depth_ignores_what_comes_after_it():
    assert precision_at(RANKING, {"d1", "d4", "d5"}, 2) == 0.5
    assert precision_at(RANKING, {"d1", "d4", "d5"}, 4) == 0.5
    assert precision_at(RANKING, {"d1", "d4", "d5"}, 5) == pytest.approx(3 / 5)


def test_a_type_without_relevant_documents_has_no_r_precision():
    with pytest.raises(ValueError, match="depth"):
        r_precision(RANKING, set())
    with pytest.raises(ValueError, match="relevant"):
        cut_off_scores(RANKING, set())


def test_cut_off_scores_by_hand():
    # returned 4, right 3, relevant 6
    scores = cut_off_scores(["a", "b", "c", "x"], {"a", "b", "c", "d", "e", "f"})
    assert scores.precision == 0.75
    assert scores.recall == 0.5
    assert scores.f1 == pytest.approx(2 * 0.75 * 0.5 / (0.75 + 0.5))


def test_nothing_right_and_nothing_returned_score_zero():
    assert cut_off_scores(["x"], {"a"}) == (0.0, 0.0, 0.0)
    assert cut_off_scores([], {"a"}) == (0.0, 0.0, 0.0)


def test_macro_counts_each_type_the_same():
    assert macro([1.0, 0.0, 0.5]) == 0.5


@given(ranking=st.lists(st.integers(0, 30), unique=True), relevant=st.sets(st.integers(0, 40), min_size=1))
def test_r_precision_equals_brute_force(ranking, relevant):
    right = places = 0
    for place in range(len(relevant)):
        places += 1
        if place < len(ranking) and ranking[place] in relevant:
            right += 1
    names = [str(number) for number in ranking]
    assert r_precision(names, {str(number) for number in relevant}) == right / places
