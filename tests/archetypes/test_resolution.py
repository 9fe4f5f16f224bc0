import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nerret_tools.archetypes.resolution import without_overlaps

SPANS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 6), st.floats(0, 1)).map(
        lambda one: (one[0], one[0] + one[1], one[2])
    ),
    max_size=12,
    unique_by=lambda one: one[:2],
)


def test_the_more_relevant_of_two_overlapping_spans_stays():
    spans = np.array([[0, 5], [3, 9], [9, 12]])
    assert without_overlaps(spans, np.array([0.4, 0.8, 0.3]), 0.2) == [1, 2]


def test_a_refused_span_never_stays():
    assert without_overlaps(np.array([[0, 5]]), np.array([-1.0]), 0.0) == []
    assert without_overlaps(np.zeros((0, 2), dtype=np.int64), np.zeros(0), 0.0) == []


@given(SPANS, st.floats(0, 1))
def test_what_is_left_out_was_too_weak_or_had_a_stronger_neighbour(found, cutoff):
    found = sorted(found)
    spans = np.array([one[:2] for one in found], dtype=np.int64).reshape(-1, 2)
    values = np.array([one[2] for one in found])
    kept = without_overlaps(spans, values, cutoff)
    for number, (start, end) in enumerate(spans):
        rivals = [k for k in kept if k != number and spans[k, 0] < end and start < spans[k, 1]]
        if number in kept:
            assert values[number] >= cutoff
            assert not rivals
        else:
            assert values[number] < cutoff or any(values[rival] >= values[number] for rival in rivals)
