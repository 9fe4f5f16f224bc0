"""Where a list stops and how complete it is, against sums over every document."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerret_tools.models import Calibration
from nerret_tools.ranking import Scores, Search, limits
from nerret_tools.ranking.relevance import DAMPING, LEAST_COUNTED, LEFT_OUT

from .worlds import make_worlds

CURVE = Calibration(slope=9, intercept=-4, cutoff=0.4)

worlds = st.builds(
    make_worlds,
    seed=st.integers(0, 10**6),
    documents=st.integers(1, 60),
    dimension=st.sampled_from([3, 64]),
    kind=st.sampled_from(["random", "clustered", "equal", "spiky"]),
)


def judged(scan, query):
    """Every live document's relevance by brute force, and its score; what is under a hundredth counts as none."""
    scores = np.round((scan.vectors.astype(np.float64) * query.astype(np.float64)).sum(axis=1), 6)
    best = np.maximum.reduceat(scores, scan.offsets[:-1])[scan.live]
    relevance = CURVE.relevance(best)
    return best, np.where(relevance >= LEAST_COUNTED, relevance, 0.0)


def expected_recall(relevance, listed):
    """What is left out, twice, of odds that are damped."""
    weights = np.where(relevance > 0, 1 / (1 + (1 / np.maximum(relevance, 1e-9) - 1) ** DAMPING), 0)
    return max(0, 1 - LEFT_OUT * (1 - weights[listed].sum() / weights.sum()))


@settings(max_examples=60)
@given(made=worlds, recall=st.floats(0.05, 1))
def test_the_cut_off_for_a_recall_is_the_highest_in_two_figures_that_reaches_it(made, recall):
    wide, small, query = made
    best, relevance = judged(wide, query)
    found = [
        limits(CURVE, Search(recall=recall), one, one.documents())
        for one in (Scores(wide, query), Scores(small, query))
    ]
    assert found[0] == found[1]
    listed = best >= found[0].min_score
    if not relevance.sum():
        assert found[0].expected_recall == 1
        return
    assert relevance[listed].sum() >= recall * relevance.sum() - 1e-6
    assert expected_recall(relevance, listed) >= recall - 1e-6
    assert found[0].expected_recall == pytest.approx(expected_recall(relevance, listed), abs=1e-3)
    assert found[0].expected_relevant == pytest.approx(relevance[listed].sum(), abs=0.02)
    tighter = relevance >= found[0].min_relevance * 1.15
    assert expected_recall(relevance, tighter) < recall or found[0].min_relevance <= LEAST_COUNTED * 1.1


@settings(max_examples=60)
@given(made=worlds)
def test_the_default_cut_off_has_the_best_expected_f1(made):
    wide, _, query = made
    _, relevance = judged(wide, query)
    falling = np.sort(relevance)[::-1]
    scores = Scores(wide, query)
    found = limits(CURVE, Search(), scores, scores.documents())

    def f1(count):
        return 2 * falling[:count].sum() / max(count + falling.sum(), 1e-9)

    listed = int((relevance >= found.min_relevance).sum())
    best = max(f1(count) for count in range(len(falling) + 1))
    assert found.min_relevance >= CURVE.cutoff
    assert f1(listed) >= best - 0.01 or found.min_relevance == CURVE.cutoff


def test_bands_add_up_to_the_whole_and_their_recall_grows():
    wide, _, query = make_worlds(3, 60, 64, "clustered")
    scores = Scores(wide, query)
    everything = scores.documents()
    whole = limits(CURVE, Search(min_relevance=0.02), scores, everything)
    upper = limits(CURVE, Search(min_relevance=0.5), scores, everything)
    lower = limits(CURVE, Search(min_relevance=0.02, max_relevance=0.5), scores, everything)
    parts = [scores.between(everything, one.min_score, one.max_score).tolist() for one in (upper, lower, whole)]
    assert sorted(parts[0] + parts[1]) == sorted(parts[2])
    assert lower.expected_relevant + upper.expected_relevant == pytest.approx(whole.expected_relevant, abs=0.02)
    assert upper.expected_recall <= lower.expected_recall == whole.expected_recall
    assert limits(CURVE, Search(max_relevance=0.05), scores, everything).min_relevance == pytest.approx(0.025)


def test_a_cut_off_that_was_told_can_be_asked_for():
    wide, _, query = make_worlds(4, 60, 64, "clustered")
    scores = Scores(wide, query)
    everything = scores.documents()
    for document in everything[:20]:
        told = limits(CURVE, Search(min_score=float(scores.of_documents(np.array([document]))[0])), scores, everything)
        again = limits(CURVE, Search(min_relevance=told.min_relevance), scores, everything)
        assert len(scores.between(everything, again.min_score, None)) == len(
            scores.between(everything, told.min_score, None)
        )


def test_without_a_calibration_nothing_is_expected():
    wide, _, query = make_worlds(5, 10, 64, "random")
    scores = Scores(wide, query)
    found = limits(None, Search(min_score=0.3), scores, scores.documents())
    assert (found.min_score, found.min_relevance, found.expected_recall) == (0.3, None, None)
