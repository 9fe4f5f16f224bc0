"""Figures of rankings, worked out by hand and by brute force."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerret_tools.lab.evaluation.metrics import cut_off_scores, macro, precision_at, r_precision

RANKING = ["d1", "d2", "d3", "d4", "d5"]


def test_r_precision_and_precision_at_a_depth_by_hand():
    # R = 3; of d1, d2, d3 two are relevant
    assert r_precision(RANKING, {"d1", "d3", "d5"}) == pytest.approx(2 / 3)
    assert [precision_at(RANKING, {"d1", "d4", "d5"}, depth) for depth in (2, 4, 5)] == [0.5, 0.5, 0.6]
    # places that a short ranking leaves empty count as wrong
    assert precision_at(["d1", "d2"], {"d1", "d2"}, 50) == pytest.approx(2 / 50)


def test_a_type_without_relevant_documents_has_no_r_precision():
    with pytest.raises(ValueError, match="depth"):
        r_precision(RANKING, set())
    with pytest.raises(ValueError, match="relevant"):
        cut_off_scores(RANKING, set())


def test_cut_off_scores_by_hand():
    # returned 4, right 3, relevant 6
    found = cut_off_scores(["a", "b", "c", "x"], {"a", "b", "c", "d", "e", "f"})
    assert found == (0.75, 0.5, pytest.approx(2 * 0.75 * 0.5 / (0.75 + 0.5)))
    assert cut_off_scores(["x"], {"a"}) == cut_off_scores([], {"a"}) == (0.0, 0.0, 0.0)
    assert macro([1.0, 0.0, 0.5]) == 0.5, "each type counts the same"


@given(ranking=st.lists(st.integers(0, 30), unique=True), relevant=st.sets(st.integers(0, 40), min_size=1))
def test_r_precision_equals_brute_force(ranking, relevant):
    right = sum(place < len(ranking) and ranking[place] in relevant for place in range(len(relevant)))
    assert r_precision(list(map(str, ranking)), set(map(str, relevant))) == right / len(relevant)
