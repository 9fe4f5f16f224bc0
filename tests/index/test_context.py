"""What stands around a mention counts, and is shown."""

import pytest

from nerret_tools.models import find_spec

WEIGHT = find_spec("minilm").context_weight


def test_a_score_is_the_weighted_mean_of_its_two_parts(index):
    for hit in index.find("airline", min_relevance=0).hits:
        assert hit.score == hit.mentions[0].score
        for mention in hit.mentions:
            parts = (1 - WEIGHT) * mention.entity_score + WEIGHT * mention.context_score
            assert mention.score == pytest.approx(parts, abs=2e-6)


def test_the_parts_of_a_score_do_not_depend_on_the_page(index):
    whole = index.find("airline", min_relevance=0, max_mentions=50).hits
    for limit in (1, 2):
        found, cursor = [], None
        while cursor is not None or not found:
            page = index.find("airline", min_relevance=0, max_mentions=50, limit=limit, cursor=cursor)
            found, cursor = found + [hit.model_copy(update={"cursor": None}) for hit in page.hits], page.next_cursor
            if cursor is None:
                break
        assert found == [hit.model_copy(update={"cursor": None}) for hit in whole]


def test_every_shown_mention_names_its_archetype(index):
    from nerret_tools.lab.training.catalogue import read_catalogue

    known = {one.name for one in read_catalogue().archetypes}
    mentions = [one for hit in index.find("airline", min_relevance=0).hits for one in hit.mentions]
    assert {one.archetype for one in mentions} <= known
    assert next(one.archetype for one in mentions if one.text == "Lufthansa") == "Organization"
