"""The signed-rank test, against its definition."""

from itertools import product

import pytest

from nerret_tools.lab.evaluation.significance import wilcoxon_p


def exact_p(differences):
    """All sign patterns of the ranks, counted: the test's definition, for distinct sizes."""
    ranks = [sorted(map(abs, differences)).index(abs(value)) + 1 for value in differences]
    positive = sum(rank for rank, value in zip(ranks, differences, strict=True) if value > 0)
    centre = sum(ranks) / 2
    patterns = list(product((0, 1), repeat=len(ranks)))
    extreme = [
        pattern
        for pattern in patterns
        if abs(sum(rank for rank, sign in zip(ranks, pattern, strict=True) if sign) - centre) >= abs(positive - centre)
    ]
    return len(extreme) / len(patterns)


@pytest.mark.parametrize("differences", [(0.1, 0.2, 0.3, 0.4, 0.5), (0.1, -0.2, 0.3, 0.45, 0.5, 0.61), (-0.3, 0.1)])
def test_p_counts_sign_patterns(differences):
    assert wilcoxon_p(differences, [0.0] * len(differences)) == pytest.approx(exact_p(differences))


def test_sixteen_types_that_all_improve_are_significant():
    assert wilcoxon_p([place / 16 + 0.01 * (place + 1) for place in range(16)], [p / 16 for p in range(16)]) < 1e-3


def test_equal_scores_have_p_one():
    assert wilcoxon_p([0.3, 0.4], [0.3, 0.4]) == 1.0


def test_pairs_are_needed():
    with pytest.raises(ValueError, match="as many"):
        wilcoxon_p([0.1], [0.1, 0.2])
    with pytest.raises(ValueError, match="at least one"):
        wilcoxon_p([], [])
