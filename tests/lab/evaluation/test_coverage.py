"""Which gold spans a detector covers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerret_tools import Span
from nerret_tools.lab.evaluation.coverage import coverage, jaccard


def spans(*pairs):
    return [Span(start=start, end=end) for start, end in pairs]


offsets = st.tuples(st.integers(0, 40), st.integers(1, 20)).map(lambda pair: Span(start=pair[0], end=pair[0] + pair[1]))


@given(one=offsets, other=offsets)
def test_jaccard_equals_that_of_the_sets_of_characters(one, other):
    left, right = set(range(one.start, one.end)), set(range(other.start, other.end))
    assert jaccard(one, other) == len(left & right) / len(left | right)


def test_a_span_that_misses_one_character_in_ten_is_covered():
    assert coverage([(spans((0, 10)), spans((0, 9)))]).matched == 1


def test_a_jaccard_of_exactly_the_threshold_is_not_enough():
    # 8 of 10 characters: 0.8, and the paper asks for more than 0.8
    assert coverage([(spans((0, 10)), spans((0, 8)))]).matched == 0


def test_coverage_and_span_counts_by_hand():
    report = coverage(
        [
            (spans((0, 10), (20, 25)), spans((0, 10), (30, 35), (19, 40))),  # one of two
            (spans((5, 9)), spans((5, 9))),  # one of one
            ([], spans((0, 3), (4, 6))),  # nothing to find, two found
            (spans((0, 4)), []),  # missed
        ]
    )
    assert report.gold_spans == 4
    assert report.matched == 2
    assert report.predicted_spans == 6
    assert report.coverage == 0.5
    assert report.predicted_per_document == pytest.approx(6 / 4)
    assert report.predicted_per_gold == pytest.approx(6 / 4)


def test_a_gold_span_that_two_predictions_match_counts_once():
    assert coverage([(spans((0, 20)), spans((0, 20), (0, 19)))]).matched == 1


def test_data_without_gold_spans_has_coverage_zero():
    assert coverage([([], [])]).coverage == 0.0
