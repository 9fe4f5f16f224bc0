"""Several types as one question: exact over all mentions, by mention and by document, and sound as chances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerret_tools import EntityQuery
from nerret_tools.models import Calibration
from nerret_tools.ranking import Scores, combined, gather_evidence, rank_page
from nerret_tools.ranking.combined import combine

from .worlds import make_worlds, unit

CURVE = Calibration(slope=12.0, intercept=-4.0, cutoff=0.4)
TYPES = ("a", "b", "c", "d", "e")


def questions(scope):
    a, b, c, d, e = TYPES
    return [
        EntityQuery(any_of=[a, b], scope=scope),
        EntityQuery(all_of=[a, b], scope=scope),
        EntityQuery(all_of=[a], none_of=[b], scope=scope),
        EntityQuery(any_of=[a, b], all_of=[c], none_of=[d, e], scope=scope),
    ]


def chance(question, **relevances):
    scores = [CURVE.scores(np.log(value / (1 - value)))[None] for value in map(relevances.get, question.types)]
    return float(CURVE.relevance(combine(question, CURVE, scores))[0])


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["random", "clustered", "equal", "spiky"]),
    scope=st.sampled_from(["mention", "document"]),
    number=st.integers(0, 3),
    quantile=st.floats(0, 1),
)
def test_the_ranking_is_that_of_brute_force(seed, kind, scope, number, quantile):
    wide, small, query = make_worlds(seed, 30, 64, kind)
    question = questions(scope)[number]
    generator = np.random.default_rng(seed)
    queries = [unit(query + 0.5 * unit(generator.standard_normal(64))) for _ in question.types]
    exact = np.round(wide.vectors.astype(np.float64) @ np.array(queries, np.float64).T, 6).T
    if scope == "mention":
        mentions = combine(question, CURVE, exact)
        best = np.maximum.reduceat(mentions, wide.offsets[:-1])
    else:
        best = combine(question, CURVE, np.maximum.reduceat(exact, wide.offsets[:-1], axis=1))
    best = np.round(best, 6)
    for scan in (wide, small):
        scores = combined([Scores(scan, one) for one in queries], question, CURVE)
        limit = float(np.quantile(best, quantile))
        listed = scores.documents(min_score=limit)
        expected = np.flatnonzero(scan.live & (best >= limit - 2e-5))
        assert set(listed.tolist()) <= set(expected.tolist())
        assert set(np.flatnonzero(scan.live & (best >= limit + 2e-5)).tolist()) <= set(listed.tolist())
        page = rank_page(scores, start=3, limit=9)
        order = sorted(np.flatnonzero(scan.live), key=lambda one: (-best[one], scan.document_ids[one]))
        assert page.scores.tolist() == pytest.approx([best[one] for one in order[3:12]], abs=2e-5)
        evidence = gather_evidence(scores, page.documents, max_mentions=2)
        assert (np.diff(evidence.offsets) >= 1).all()


@settings(max_examples=100)
@given(p=st.floats(0.001, 0.999), q=st.floats(0.001, 0.999), r=st.floats(0.001, 0.999))
def test_a_combination_is_a_chance(p, q, r):
    one, both = EntityQuery(any_of=["a"]), EntityQuery(all_of=["a", "b"])
    either, without = EntityQuery(any_of=["a", "b"]), EntityQuery(any_of=["a"], none_of=["b"])
    assert chance(one, a=p) == pytest.approx(p, abs=1e-6)
    assert chance(both, a=p, b=q) == pytest.approx(p * q, abs=1e-6)
    assert max(p, q) - 1e-9 <= chance(either, a=p, b=q) <= p + q - p * q + 1e-9
    assert chance(without, a=p, b=q) <= p + 1e-9
    assert chance(both, a=p, b=q) == pytest.approx(chance(both, a=q, b=p), abs=1e-9), "their order says nothing"
    three = EntityQuery(all_of=["a", "b", "c"])
    assert chance(three, a=p, b=q, c=r) <= chance(both, a=p, b=q) + 1e-9


def test_what_is_surely_of_a_forbidden_type_loses_everything():
    question = EntityQuery(all_of=["a"], none_of=["b"])
    assert chance(question, a=0.95, b=0.97) < 0.1
    assert chance(question, a=0.95, b=0.1) > 0.94
    assert chance(question, a=0.9999999, b=0.9999999) < 0.1


def test_chances_without_bounds_stay_numbers():
    scores = [np.array([-1e6, 0.0, 1e6]), np.array([1e6, 0.0, 1e6])]
    for question in (
        EntityQuery(all_of=["a", "b"]),
        EntityQuery(any_of=["a", "b"]),
        EntityQuery(any_of=["a"], none_of=["b"]),
    ):
        assert np.isfinite(combine(question, CURVE, scores)).all()
