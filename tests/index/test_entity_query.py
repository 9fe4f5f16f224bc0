"""Several types in one question, asked of an index."""

import asyncio
import dataclasses

import pytest

from nerret_tools import EntityIndex, EntityQuery
from nerret_tools.errors import CursorError, EntityTypeError
from tests.marked import marked

TEXTS = {
    "both": "{Lufthansa}, the airline, cancelled its flights. The {Orinoco} is the longest river of Venezuela.",
    "air": "The pilots of {Qantas} went back to work after a week.",
    "river": "Rafts drifted down the {Danube} for nine days.",
    "dino": "A cast of the {Stegosaurus} stands in the hall.",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    with EntityIndex.open(tmp_path_factory.mktemp("combined")) as opened:
        opened.add(marked(key, text, length=len(text)) for key, text in TEXTS.items())
        yield opened


def ids(result):
    return [hit.document_id for hit in result.hits]


def test_any_of_lists_what_each_type_lists(index):
    asked = EntityQuery(any_of=["airline", "river"])
    assert set(ids(index.find(asked, min_relevance=0))[:3]) == {"both", "air", "river"}
    assert index.find(asked).entity_type == str(asked) == "any of airline, river"


def test_all_of_by_document_wants_each_and_shows_each(index):
    hits = index.find(EntityQuery(all_of=["airline", "river"], scope="document"), min_relevance=0, max_mentions=2).hits
    assert hits[0].document_id == "both"
    assert {one.text for one in hits[0].mentions} == {"Lufthansa", "Orinoco"}
    assert hits[0].relevance > 3 * hits[1].relevance
    by_mention = index.find(EntityQuery(all_of=["airline", "river"]), min_relevance=0)
    assert by_mention.hits[0].relevance < hits[0].relevance, "no one entity is both"


def test_none_of_takes_away(index):
    airlines = index.find("airline", min_relevance=0)
    without = index.find(EntityQuery(all_of=["airline"], none_of=["river"], scope="document"), min_relevance=0)
    alone, left = ({hit.document_id: hit.relevance for hit in found.hits} for found in (airlines, without))
    assert left["air"] > 0.9 * alone["air"]
    assert left["both"] < 0.8 * alone["both"]


def test_one_type_is_the_same_alone_and_in_a_list(index):
    alone, listed = index.find("airline", min_relevance=0), index.find(EntityQuery(any_of=["airline"]), min_relevance=0)
    assert ids(alone) == ids(listed)
    assert [hit.score for hit in alone.hits] == pytest.approx([hit.score for hit in listed.hits], abs=2e-6)
    assert alone.hits[0].mentions[0].text == listed.hits[0].mentions[0].text


def test_pages_filters_and_cut_offs_work_as_for_one_type(index):
    asked = EntityQuery(any_of=["airline", "river"], none_of=["dinosaur"])
    whole = index.find(asked, min_relevance=0)
    seen, cursor = [], None
    for _ in whole.hits:
        page = index.find(asked, min_relevance=0, limit=1, cursor=cursor)
        seen += ids(page)
        cursor = page.next_cursor
    assert (seen, cursor) == (ids(whole), None)
    longest = max(len(text) for text in TEXTS.values())
    assert ids(index.find(asked, min_relevance=0, where={"length": longest})) == ["both"]
    wide = index.find(asked, recall=1.0)
    assert 0 < wide.expected_relevant <= wide.total
    rest = index.find(asked, min_relevance=0, max_relevance=whole.hits[0].relevance)
    assert ids(rest) == ids(whole)[1:]


def test_a_cursor_is_of_its_question(index):
    asked = EntityQuery(any_of=["airline", "river"])
    cursor = index.find(asked, min_relevance=0, limit=1).next_cursor
    others = [
        dataclasses.replace(asked, any_of=["airline", "dinosaur"]),
        dataclasses.replace(asked, none_of=["dinosaur"]),
        dataclasses.replace(asked, scope="document"),
        "airline",
    ]
    for other in others:
        with pytest.raises(CursorError, match="another search"):
            index.find(other, min_relevance=0, limit=1, cursor=cursor)


def test_several_questions_are_answered_at_once(index):
    asked = [EntityQuery(any_of=["airline", "river"]), "dinosaur", EntityQuery(all_of=["airline"], none_of=["river"])]
    together, alone = index.find_many(asked, min_relevance=0), [index.find(one, min_relevance=0) for one in asked]
    assert [(one.entity_type, ids(one)) for one in together] == [(one.entity_type, ids(one)) for one in alone]
    for one, other in zip(together, alone, strict=True):  # types that are encoded together are rounded otherwise
        expected = [hit.score for hit in other.hits]
        assert [hit.score for hit in one.hits] == pytest.approx(expected, abs=1e-4)
    ranked = index.rank_many(asked)
    assert [one.ids for one in ranked] == [ids(index.find(one, min_relevance=0)) for one in asked]
    assert asyncio.run(index.afind(asked[0])) == index.find(asked[0])


def test_entities_of_a_combination_are_listed(index):
    names = [one.name for one in index.entities(EntityQuery(any_of=["airline", "river"]), min_relevance=0).entities]
    assert set(names[:4]) == {"Lufthansa", "Qantas", "Orinoco", "Danube"}
    both = EntityQuery(all_of=["airline", "river"], scope="document")
    least = index.find(both, min_relevance=0).hits[0].relevance * 0.99
    page = index.entities(both, min_relevance=least)
    assert {one.name for one in page.entities} == {"Lufthansa", "Orinoco"}
    assert page.entity_type == "all of airline, river; in one document"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "nothing is asked for"),
        ({"none_of": ["river"]}, "nothing is asked for"),
        ({"any_of": []}, "any_of is an empty list"),
        ({"all_of": ["river"], "none_of": []}, "none_of is an empty list"),
        ({"any_of": "river"}, r"any_of must be a list of types, not str"),
        ({"any_of": None}, "any_of must be a list"),
        ({"all_of": ["river", " "]}, "number 2 of all_of is empty"),
        ({"all_of": ["river", 7]}, "number 2 of all_of must be text, not int"),
        ({"any_of": ["river"], "none_of": ["123"]}, "number 1 of none_of .* has no letters"),
        ({"all_of": ["River"], "none_of": ["a", " river "]}, "'River' is in all_of and in none_of"),
        ({"any_of": ["river", "lake"], "none_of": ["lake"]}, "'lake' is in any_of and in none_of"),
        ({"any_of": ["river"], "scope": "page"}, "scope 'page' is unknown; there are 'mention' and 'document'"),
        ({"any_of": [f"type {chr(65 + n % 26)}{n}" for n in range(33)]}, "33 types are too many"),
    ],
)
def test_what_cannot_be_asked_is_said_with_the_name_of_the_input(given, said):
    with pytest.raises(EntityTypeError, match=said):
        EntityQuery(**given)


def test_a_question_is_a_value():
    asked = EntityQuery(any_of=["river", "River ", "lake"])
    assert asked.any_of == ("river", "lake")
    assert asked == EntityQuery(any_of=("river", "lake"))
    assert len({asked, dataclasses.replace(asked)}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        asked.scope = "document"
