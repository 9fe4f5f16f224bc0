"""The ranking equals brute force in float64: ids, order, scores; and pages add up to the whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerret_tools.ranking import Scores, gather_evidence, rank_page
from nerret_tools.scan import Scan, score_rows

from .worlds import unit


def make_world(seed, documents, dimension, distinct, dead=0.2):
    """Documents of one to five mentions whose vectors are drawn from `distinct` ones, so that scores tie."""
    world = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(world.integers(1, 6, documents))])
    pool = unit(world.standard_normal((distinct, dimension)))
    ids = np.array([f"d{number}" for number in world.permutation(documents)], dtype=object)
    live = world.random(documents) >= dead
    made = Scan(pool[world.integers(0, distinct, offsets[-1])], ids, offsets, live, 1)
    return made, unit(world.standard_normal(dimension))


def brute_force(world, query, min_score=None, allowed=None):
    """Every document's best score in float64, sorted in plain Python."""
    scores = np.round(world.vectors.astype(np.float64) @ query.astype(np.float64), 6)
    ranked = []
    for position, name in enumerate(world.document_ids):
        best = scores[world.offsets[position] : world.offsets[position + 1]].max()
        wanted = world.live[position] and (allowed is None or name in allowed)
        if wanted and (min_score is None or best >= min_score):
            ranked.append((name, float(best)))
    return sorted(ranked, key=lambda entry: (-entry[1], entry[0]))


def listed(page):
    return list(zip(page.document_ids, page.scores.tolist(), strict=True))


worlds = st.builds(
    make_world,
    seed=st.integers(0, 10**6),
    documents=st.integers(1, 60),
    dimension=st.sampled_from([3, 64, 500]),
    distinct=st.sampled_from([1, 5, 1000]),
)


@settings(max_examples=120)
@given(
    made=worlds,
    size=st.integers(1, 25),
    quantile=st.one_of(st.none(), st.floats(0, 1)),
    share=st.one_of(st.none(), st.floats(0, 1)),
)
def test_pages_of_any_size_add_up_to_the_brute_force_ranking(made, size, quantile, share):
    world, query = made
    everything = brute_force(world, query)
    min_score = None if quantile is None or not everything else everything[int(quantile * (len(everything) - 1))][1]
    ids = sorted(world.document_ids)
    allowed = None if share is None else set(ids[: int(share * len(ids))])
    expected = brute_force(world, query, min_score, allowed)
    scores = Scores(world, query)

    whole = rank_page(scores, scores.documents(allowed, min_score))
    assert whole.document_ids == [name for name, _ in expected]
    assert whole.scores.tolist() == pytest.approx([score for _, score in expected], abs=1.5e-6)
    assert (whole.total, whole.is_last) == (len(expected), True)

    collected = []
    for _ in range(len(expected) // size + 2):
        scores = Scores(world, query)
        page = rank_page(scores, scores.documents(allowed, min_score), start=len(collected), limit=size)
        assert page.total == len(expected)
        collected += listed(page)
        if page.is_last:
            break
        assert len(page.document_ids) == size
    assert collected == listed(whole)


@settings(max_examples=60)
@given(made=worlds, quantile=st.one_of(st.none(), st.floats(0, 1)), most=st.integers(0, 4))
def test_evidence_equals_brute_force(made, quantile, most):
    world, query = made
    exact = np.round(world.vectors.astype(np.float64) @ query.astype(np.float64), 6)
    min_score = None if quantile is None else float(np.quantile(exact, quantile, method="nearest"))
    scores = Scores(world, query)
    page = rank_page(scores, scores.documents(min_score=min_score))

    evidence = gather_evidence(scores, page.documents, min_score=min_score, max_mentions=most)

    for number, document in enumerate(page.documents):
        rows = range(world.offsets[document], world.offsets[document + 1])
        over = [row for row in rows if min_score is None or exact[row] >= min_score]
        best = sorted(over, key=lambda row: (-exact[row], row))[:most]
        part = slice(evidence.offsets[number], evidence.offsets[number + 1])
        assert evidence.rows[part].tolist() == best
        assert evidence.scores[part].tolist() == pytest.approx(exact[best].tolist(), abs=1.5e-6)
        assert evidence.counts[number] == len(over)


def test_equal_vectors_tie_wherever_their_rows_are():
    world, query = make_world(1, 3000, 500, 1, dead=0)

    page = rank_page(Scores(world, query), limit=50)

    assert len(set(page.scores.tolist())) == 1
    assert page.document_ids == sorted(world.document_ids)[:50]


def test_a_cut_off_equal_to_a_score_includes_it():
    world, query = make_world(2, 200, 500, 1000, dead=0)
    scores = Scores(world, query)
    tenth = rank_page(scores).scores[9]

    assert len(scores.documents(min_score=tenth)) == 10
    assert len(scores.documents(min_score=tenth + 1e-6)) == 9


def test_nothing_to_rank_is_an_empty_page():
    empty = Scan(np.empty((0, 4), np.float32), np.empty(0, object), np.zeros(1, np.int64), np.empty(0, bool), 1)
    query = unit(np.ones(4))

    page = rank_page(Scores(empty, query), limit=3)

    assert (page.document_ids, page.total, page.is_last) == ([], 0, True)
    assert gather_evidence(Scores(empty, query), page.documents).counts.tolist() == []
    world, query = make_world(4, 5, 4, 5)
    assert len(Scores(world, query).documents(allowed=set())) == 0


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("queries", [1, 2, 7])
def test_products_equal_float64_for_any_number_of_queries_and_threads(queries, threads):
    world = np.random.default_rng(6)
    vectors, several = unit(world.standard_normal((40_000, 32))), unit(world.standard_normal((queries, 32)))

    scores = score_rows(vectors, several, threads)

    assert scores.dtype == np.float32
    assert np.abs(scores - several.astype(np.float64) @ vectors.astype(np.float64).T).max() < 1e-6
    assert np.array_equal(score_rows(vectors, several[0], threads).shape, (40_000,))


def test_the_margin_covers_the_error_of_float32():
    from nerret_tools.scan.exact import exact_scores, margin

    world = np.random.default_rng(7)
    vectors, query = unit(world.standard_normal((20_000, 500))), unit(world.standard_normal(500))

    difference = np.abs(score_rows(vectors, query) - exact_scores(vectors, query, np.arange(20_000)))

    assert difference.max() < margin(query) < 1e-4
