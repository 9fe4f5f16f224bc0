"""What stands around a mention counts, is shown, and can be left out."""

from __future__ import annotations

import numpy as np
import pytest

from nerret_tools.errors import CursorError
from nerret_tools.models import find_spec

WEIGHT = find_spec("minilm").context_weight


def test_a_score_is_the_weighted_mean_of_its_two_parts(index):
    for hit in index.find("airline", min_relevance=0).hits:
        assert hit.score == hit.mentions[0].score
        for mention in hit.mentions:
            parts = (1 - WEIGHT) * mention.entity_score + WEIGHT * mention.context_score
            assert mention.score == pytest.approx(parts, abs=2e-6)


def test_a_score_is_the_cosine_of_two_embeddings(index, documents):
    model = index.load_model()
    query = model.encode_types(["airline"])[0]
    assert np.linalg.norm(query) == pytest.approx(1, abs=1e-5)
    found = index.find("airline", min_relevance=0, feedback=False)
    encoded = dict(
        zip([one.id for one in documents], model.encode([d.text for d in documents], [None] * 6), strict=True)
    )
    for hit in found.hits:
        assert hit.score == pytest.approx(float((encoded[hit.document_id].embeddings @ query).max()), abs=1e-5)


def test_without_context_the_mentions_alone_decide(index):
    alone = index.find("airline", min_relevance=0, context=False)
    for mention in (one for hit in alone.hits for one in hit.mentions):
        assert mention.context_score is None
        assert mention.score == pytest.approx(mention.entity_score, abs=2e-6)
    plain = index.find("airline", min_relevance=0, context=False, feedback=False)
    best = {hit.document_id: hit.score for hit in plain.hits}
    for hit in index.find("airline", min_relevance=0, max_mentions=50, feedback=False).hits:
        assert best[hit.document_id] == pytest.approx(max(one.entity_score for one in hit.mentions), abs=2e-6)
    ((ids, scores, _, _),) = index.rank_many(["airline"], context=False)
    assert ids == [hit.document_id for hit in alone.hits]
    assert scores.tolist() == pytest.approx([hit.score for hit in alone.hits])


def test_the_parts_of_a_score_do_not_depend_on_the_page(index):
    whole = index.find("airline", min_relevance=0, max_mentions=50).hits
    for limit in (1, 2):
        found, cursor = [], None
        while cursor is not None or not found:
            page = index.find("airline", min_relevance=0, max_mentions=50, limit=limit, cursor=cursor)
            found, cursor = found + page.hits, page.next_cursor
            if cursor is None:
                break
        assert found == whole


def test_both_ways_have_a_cut_off_of_their_own(index):
    with_context, alone = (index.find("airline", context=context) for context in (True, False))
    assert with_context.min_score != alone.min_score
    assert all(hit.score >= alone.min_score for hit in alone.hits)


def test_a_cursor_does_not_go_from_one_way_to_the_other(index):
    cursor = index.find("airline", limit=1, min_relevance=0).next_cursor
    with pytest.raises(CursorError, match="another search"):
        index.find("airline", cursor=cursor, min_relevance=0, context=False)
    assert index.find("airline", cursor=cursor, min_relevance=0).hits


def test_every_shown_mention_names_its_archetype(index):
    from nerret_tools.archetypes import read_catalogue

    known = {one.name for one in read_catalogue().archetypes}
    mentions = [one for hit in index.find("airline", min_relevance=0).hits for one in hit.mentions]
    assert {one.archetype for one in mentions} <= known
    assert next(one.archetype for one in mentions if one.text == "Lufthansa") == "Organization"
