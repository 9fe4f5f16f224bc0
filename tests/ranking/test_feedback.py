"""A type moves towards its best mentions: those and no others, wherever they stand, as far as they are relevant."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerret_tools.ranking import feed_back, feedback
from nerret_tools.scan import Scan, score_scan

from .worlds import make_worlds

WHOLE = [slice(None)]


def relevance(scores):
    return 1 / (1 + np.exp(4 - 8 * scores))


def brute_force(world, query, nearest):
    """Rocchio over the best live rows by float64 scores, ties by id and place."""
    owners = np.repeat(np.arange(len(world.document_ids)), np.diff(world.offsets))
    scores = np.round((world.vectors.astype(np.float64) * query.astype(np.float64)).sum(axis=1), 6)
    rows = [row for row in range(len(scores)) if world.live[owners[row]]]
    rows.sort(key=lambda row: (-scores[row], world.document_ids[owners[row]], row - world.offsets[owners[row]]))
    moved = feedback.TYPE_COUNTS * query / np.linalg.norm(query)
    for row in rows[:nearest]:
        vector = world.vectors[row].astype(np.float64)
        moved = moved + relevance(scores[row]) ** 2 * vector / np.linalg.norm(vector)
    return moved / np.linalg.norm(moved)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    documents=st.integers(1, 60),
    dimension=st.sampled_from([3, 64, 500]),
    kind=st.sampled_from(["random", "clustered", "equal", "spiky"]),
    nearest=st.sampled_from([1, 7, 1000]),
)
def test_both_scans_give_what_brute_force_gives(seed, documents, dimension, kind, nearest):
    wide, small, query = make_worlds(seed, documents, dimension, kind)
    moved = [
        feed_back(scan, query, score_scan(scan, query[None])[0], relevance, WHOLE, nearest=nearest)
        for scan in (wide, small)
    ]
    assert np.array_equal(moved[0], moved[1])
    if wide.live.any():
        np.testing.assert_allclose(moved[0], brute_force(wide, query, nearest), atol=1e-6)
    else:
        assert np.array_equal(moved[0], query)


def test_the_order_of_the_rows_does_not_matter():
    world, _, query = make_worlds(5, 40, 64, "equal")
    order = np.random.default_rng(0).permutation(len(world.document_ids))
    blocks = [world.vectors[world.offsets[one] : world.offsets[one + 1]] for one in order]
    offsets = np.concatenate([[0], np.cumsum([len(block) for block in blocks])])
    other = Scan(np.concatenate(blocks), world.document_ids[order], offsets, world.live[order], 1)
    first, second = (
        feed_back(scan, query, score_scan(scan, query[None])[0], relevance, WHOLE, nearest=9) for scan in (world, other)
    )
    assert np.array_equal(first, second)


def test_where_nothing_is_relevant_nothing_moves():
    world, _, query = make_worlds(5, 40, 64, "random")
    approximate = score_scan(world, query[None])[0]
    moved = feed_back(world, query, approximate, lambda scores: np.full(len(scores), 1e-6), WHOLE)
    np.testing.assert_allclose(moved, query, atol=1e-7)


def test_parts_keep_their_lengths_and_an_empty_one_stays_empty():
    world, _, query = make_worlds(5, 40, 64, "clustered")
    parts = [slice(0, -16), slice(-16, None)]
    query = query.copy()
    moved = feed_back(world, query, score_scan(world, query[None])[0], relevance, parts)
    assert np.abs(moved - query).max() > 1e-3
    for part in parts:
        assert np.linalg.norm(moved[part]) == pytest.approx(np.linalg.norm(query[part]), rel=1e-5)
    query[-16:] = 0
    moved = feed_back(world, query, score_scan(world, query[None])[0], relevance, parts)
    assert not moved[-16:].any()
