"""The scan in int8 answers as the one in float32 does, whichever product it uses, and its error bound holds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerret_tools.cancellation import CancelledError, cancellable
from nerret_tools.ranking import Scores, gather_evidence, rank_page
from nerret_tools.scan import Scan, quantised, score_scan
from nerret_tools.scan.bounds import score_bounds
from nerret_tools.scan.exact import exact_scores, margin
from nerret_tools.scan.quantised import quantise, rounded
from nerret_tools.storage.packed import pack_vectors, unpack_vectors

from ..ranking.worlds import make_worlds

worlds = st.builds(
    make_worlds,
    seed=st.integers(0, 10**6),
    documents=st.integers(1, 60),
    dimension=st.sampled_from([3, 64, 500]),
    kind=st.sampled_from(["random", "clustered", "equal", "spiky"]),
)


@pytest.fixture(params=["fastest", "numpy"])
def product(request, monkeypatch):
    """Both ways of multiplying."""
    if request.param == "numpy":
        monkeypatch.setattr(quantised, "_product", lambda: quantised._numpy_product)
    else:
        assert quantised._product() is not quantised._numpy_product


@settings(max_examples=80)
@given(
    made=worlds,
    size=st.integers(1, 25),
    quantile=st.one_of(st.none(), st.floats(0, 1)),
    share=st.one_of(st.none(), st.floats(0, 1)),
    most=st.integers(0, 4),
)
def test_pages_and_evidence_are_those_of_float32(product, made, size, quantile, share, most):
    plain, small, query = made
    wide, narrow = Scores(plain, query), Scores(small, query)
    everything = rank_page(wide)
    min_score = None if quantile is None or not everything.total else float(np.quantile(everything.scores, quantile))
    if min_score is not None:
        min_score = float(everything.scores[np.abs(everything.scores - min_score).argmin()])
    ids = sorted(plain.document_ids)
    allowed = None if share is None else set(ids[: int(share * len(ids))])

    whole = rank_page(wide, wide.documents(allowed, min_score))
    assert rank_page(narrow, narrow.documents(allowed, min_score)).document_ids == whole.document_ids

    found, found_scores = [], []
    for _ in range(len(ids) // size + 2):
        fresh = Scores(small, query)
        page = rank_page(fresh, fresh.documents(allowed, min_score), start=len(found), limit=size)
        assert page.total == whole.total
        found += page.document_ids
        found_scores += page.scores.tolist()
        expected = gather_evidence(wide, page.documents, min_score=min_score, max_mentions=most)
        evidence = gather_evidence(fresh, page.documents, min_score=min_score, max_mentions=most)
        for part in ("rows", "scores", "offsets", "counts"):
            np.testing.assert_array_equal(getattr(evidence, part), getattr(expected, part))
        if page.is_last:
            break
    assert (found, found_scores) == (whole.document_ids, whole.scores.tolist())


@settings(max_examples=60)
@given(made=worlds, length=st.sampled_from([1.0, 1.8]), own=st.booleans())
def test_the_exact_score_is_within_the_bounds(product, made, length, own):
    _, small, query = made
    query = (length * (small.vectors[-1] if own else query)).astype(np.float32)

    least, most = score_bounds(small, query, score_scan(small, query[None])[0])

    exact = exact_scores(small.vectors, query, np.arange(len(small.vectors)))
    assert (least <= exact).all()
    assert (exact <= most).all()


@given(seed=st.integers(0, 10**6), dimension=st.integers(1, 300), power=st.integers(-45, 38))
def test_rounded_vectors_are_near_and_stay_as_they_are(seed, dimension, power):
    world = np.random.default_rng(seed)
    vectors = (world.standard_normal((20, dimension)) ** 3 * 10.0**power / 1e3).astype(np.float32)

    kept = rounded(vectors)

    largest = np.abs(vectors).max(axis=1, keepdims=True)
    assert (np.abs(kept - vectors) <= largest * (0.5001 / 127) + 2.0**-109).all()
    np.testing.assert_array_equal(rounded(kept), kept)
    np.testing.assert_array_equal(quantise(vectors)[np.array([3, 1])], kept[[3, 1]])
    np.testing.assert_array_equal(np.concatenate(unpack_vectors([*pack_vectors(vectors, [7, 0, 13])], dimension)), kept)


def test_the_bounds_are_needed_and_not_much_too_wide(product):
    _, small, query = make_worlds(1, 3000, 500, "random")

    approximate = score_scan(small, query[None])[0]
    least, most = score_bounds(small, query, approximate)
    wrong = np.abs(approximate - exact_scores(small.vectors, query, np.arange(len(small.vectors))))

    assert wrong.max() > 10 * margin(query)
    assert (most - least).max() < 0.05


def test_several_queries_at_once_are_as_one_after_the_other(product):
    _, small, _ = make_worlds(2, 400, 500, "clustered")
    queries = small.vectors[:7].copy()

    together = score_scan(small, queries)

    for query, scores in zip(queries, together, strict=True):
        np.testing.assert_allclose(scores, score_scan(small, query[None])[0], atol=0.01)


def test_rows_of_zeros_and_of_the_smallest_numbers_are_possible(product):
    vectors = np.zeros((3, 8), np.float32)
    vectors[1] = np.finfo(np.float32).smallest_subnormal
    vectors[2, 0] = 1
    small = Scan(vectors, np.array(["a", "b", "c"], object), np.arange(4), np.ones(3, bool), 1, quantise(vectors))

    page = rank_page(Scores(small, vectors[2]))

    assert page.document_ids == ["c", "a", "b"]
    assert page.scores.tolist() == [1.0, 0.0, 0.0]


def test_both_ways_of_multiplying_are_exact():
    world = np.random.default_rng(0)
    codes = world.integers(-127, 128, (1500, 1536)).astype(np.int8)
    codes[0] = -127
    queries = np.concatenate([codes[:1], world.integers(-127, 128, (4, 1536)).astype(np.int8)])
    exact = codes.astype(np.int64) @ queries.astype(np.int64).T
    for multiplied in (quantised._product(), quantised._numpy_product):
        np.testing.assert_array_equal(multiplied(codes, queries), exact)


def test_a_scan_that_nobody_waits_for_ends():
    _, small, query = make_worlds(3, 20_000, 64, "random")
    asked = []

    with cancellable(lambda: bool(asked.append(1)) or len(asked) > 2), pytest.raises(CancelledError):
        score_scan(small, query[None])
    assert len(asked) == 3
