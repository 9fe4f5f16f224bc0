"""What an agent is told when it errs: what was wrong, what would be right, no path and no traceback."""

import pytest

from nerret_tools import Document, EntityIndex

from .conftest import TOOL

pytestmark = pytest.mark.anyio

WRONG = {
    TOOL: [
        ({"entity_type": ""}, "entity_type"),
        ({"entity_type": "  "}, "empty"),
        ({"entity_type": "123"}, "no letters"),
        ({"entity_type": "x" * 1_001}, "entity_type"),
        ({"limit": 0}, "limit"),
        ({"limit": 1_001}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"min_relevance": 1.5}, "min_relevance"),
        ({"response_format": "long"}, "concise"),
        ({"collection": "nowhere"}, "default, small"),
        ({"where": {"title": {"$nonsense": 1}}}, "$nonsense"),
        ({"entity_type": None}, "which entity type?"),
        ({"any_of": []}, "any_of is an empty list"),
        ({"none_of": ["City"]}, "'city' is in all_of and in none_of"),
        ({"all_of": ["river", ""]}, "number 3 of all_of is empty"),
        ({"scope": "page"}, "scope"),
        ({"any_of": ["river", "lake"], "all_of": "city"}, "all_of"),
    ],
    "get_document": [
        ({}, "'document_id' is missing"),
        ({"document_id": "nobody"}, "no document 'nobody'"),
        ({"document_id": "long", "offset": 10**9}, "behind the end"),
        ({"document_id": "long", "offset": -1}, "offset"),
        ({"document_id": "long", "max_chars": 0}, "max_chars"),
        ({"document_id": "long", "collection": "../etc"}, "valid collections: default, small"),
        ({"document_id": ["long", "train-0001"], "offset": 3}, "a single document_id"),
    ],
    "verify_documents": [
        ({"document_ids": []}, "document_ids"),
        ({"document_ids": ["x"] * 201}, "document_ids"),
        ({"document_ids": ["long"], "entity_type": "123"}, "no letters"),
        ({"document_ids": ["long"], "collection": "nothing"}, "valid collections"),
    ],
    "extract_entities": [
        ({"texts": ["Oslo."], "entity_types": ["a", "A"]}, "two types"),
        ({"texts": ["Oslo."], "entity_types": {"a": "x " * 900}}, "1,799 characters"),
        ({"texts": ["Oslo."], "entity_types": []}, "entity_types"),
        ({"texts": [], "entity_types": ["city"]}, "texts"),
        ({"texts": ["Oslo."], "types": ["city"]}, "unknown argument 'types'"),
        ({"entity_types": ["city"]}, "either texts or document_ids"),
        ({"document_ids": ["nowhere"], "entity_types": ["city"]}, "there is no document 'nowhere'"),
        ({"texts": ["Oslo."], "entity_types": ["city"], "min_relevance": 2}, "min_relevance"),
    ],
    "review_documents": [
        ({"verdicts": {"nowhere": "yes"}}, "no document 'nowhere'"),
        ({"verdicts": {"only": "maybe"}}, "verdicts"),
        ({"limit": 0}, "limit"),
        ({"entity_type": "123"}, "no letters"),
    ],
}


@pytest.mark.parametrize("tool", WRONG)
async def test_what_cannot_be_used_is_explained(connect, place, tmp_path, tool):
    given = {} if tool in ("get_document", "extract_entities") else {"entity_type": "city"}
    async with connect(reviews=str(tmp_path)) as client:
        for arguments, words in WRONG[tool]:
            result = await client.call_tool(tool, {**given, **arguments})
            said = result.content[0].text
            assert result.is_error, arguments
            assert words in said
            assert not [one for one in (str(place), str(tmp_path), "Traceback") if one in said], said


async def test_a_misspelt_argument_is_an_error_that_names_it(connect):
    async with connect() as client:
        for tool in (await client.list_tools()).tools:
            result = await client.call_tool(tool.name, {"entity_type": "city", "min_relevence": 0.3})
            assert tool.input_schema["additionalProperties"] is False
            assert result.is_error
            assert all(name in result.content[0].text for name in ("min_relevence", *tool.input_schema["properties"]))


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"entity_type": "city"}, {"entity_type": "volcano"}),
        ({"min_relevance": 0.0}, {"min_relevance": 0.01}),
        ({"collection": "default"}, {"collection": "small"}),
    ],
)
async def test_a_foreign_cursor_is_refused(find, first, then):
    question = {"entity_type": "city", "min_relevance": 0.0, "limit": 2}
    cursor = (await find(**{**question, **first})).structured_content["next_cursor"]
    result = await find(**{**question, **first, **then, "cursor": cursor})
    assert result.is_error
    assert "without a cursor" in result.content[0].text


@pytest.mark.parametrize("cursor", ["x", "2.", "²." + "a" * 40, "9" * 5_000 + ".abc", "2.AAAA", "1.é"])
async def test_a_damaged_cursor_is_refused(find, cursor):
    result = await find("city", cursor=cursor)
    assert result.is_error
    assert "without a cursor" in result.content[0].text


async def test_a_stale_cursor_is_refused(find, place):
    more = [Document(id=f"more {number}", text="Hekla smokes.", spans=[(0, 5)]) for number in range(3)]
    question = {"entity_type": "volcano", "collection": "small", "min_relevance": 0, "limit": 2}
    with EntityIndex.open(place, "small", create=False) as small:
        small.add(more)
        cursor = (await find(**question)).structured_content["next_cursor"]
        small.delete([one.id for one in more])
        result = await find(**question, cursor=cursor)
    assert result.is_error
    assert "has changed" in result.content[0].text
    assert "without a cursor" in result.content[0].text
