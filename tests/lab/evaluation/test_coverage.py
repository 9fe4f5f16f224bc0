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


def test_coverage_and_span_counts_by_hand():
    report = coverage(
        [
            (spans((0, 10), (20, 25)), spans((0, 10), (30, 35), (19, 40))),  # one of two
            (spans((5, 9)), spans((5, 9))),  # one of one
            ([], spans((0, 3), (4, 6))),  # nothing to find, two found
            (spans((0, 4)), []),  # missed
        ]
    )
    assert (report.gold_spans, report.matched, report.predicted_spans, report.coverage) == (4, 2, 6, 0.5)
    assert report.predicted_per_document == report.predicted_per_gold == pytest.approx(6 / 4)


@pytest.mark.parametrize(
    ("gold", "predicted", "matched"),
    [
        ([(0, 10)], [(0, 9)], 1),  # misses one character in ten
        ([(0, 10)], [(0, 8)], 0),  # 8 of 10 characters: 0.8, and the paper asks for more than 0.8
        ([(0, 20)], [(0, 20), (0, 19)], 1),  # counts once
    ],
)
def test_a_gold_span_is_covered_by_more_than_the_threshold(gold, predicted, matched):
    assert coverage([(spans(*gold), spans(*predicted))]).matched == matched
    assert coverage([([], [])]).coverage == 0.0
