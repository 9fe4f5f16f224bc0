"""What an agent is told when it errs: what was wrong, what would be right, no path and no traceback."""

import pytest

from nerret_tools import Document, EntityIndex

pytestmark = pytest.mark.anyio

TOOLS = ("find_documents_with_entity_type", "get_document", "list_collections")


@pytest.mark.parametrize("tool", TOOLS)
async def test_a_misspelt_argument_is_an_error_that_names_it(connect, tool):
    async with connect() as client:
        listed = {one.name: one for one in (await client.list_tools()).tools}
        result = await client.call_tool(tool, {"entity_type": "city", "document_id": "x", "min_relevence": 0.3})
    assert listed[tool].input_schema["additionalProperties"] is False
    assert result.is_error
    assert "min_relevence" in result.content[0].text
    assert all(name in result.content[0].text for name in listed[tool].input_schema["properties"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
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
    ],
)
async def test_an_argument_that_cannot_be_used_is_explained(find, arguments, words):
    result = await find(**{"entity_type": "city", **arguments})
    assert result.is_error
    assert words in result.content[0].text


async def test_a_missing_argument_is_named(connect):
    async with connect() as client:
        result = await client.call_tool("get_document", {})
    assert result.is_error
    assert "'document_id' is missing" in result.content[0].text


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
    assert "cursor" in result.content[0].text
    assert "without a cursor" in result.content[0].text


async def test_a_stale_cursor_is_refused(find, place):
    with EntityIndex.open(place, "small", create=False) as small:
        small.add([Document(id=f"more {number}", text="Hekla smokes.", spans=[(0, 5)]) for number in range(3)])
        question = {"entity_type": "volcano", "collection": "small", "min_relevance": 0, "limit": 2}
        cursor = (await find(**question)).structured_content["next_cursor"]
        small.delete([f"more {number}" for number in range(3)])
        result = await find(**question, cursor=cursor)
    assert result.is_error
    assert "has changed" in result.content[0].text
    assert "without a cursor" in result.content[0].text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"document_id": "nobody"}, "no document 'nobody'"),
        ({"document_id": "long", "offset": 10**9}, "behind the end"),
        ({"document_id": "long", "offset": -1}, "offset"),
        ({"document_id": "long", "max_chars": 0}, "max_chars"),
        ({"document_id": "long", "collection": "../etc"}, "valid collections: default, small"),
    ],
)
async def test_a_document_that_cannot_be_read_is_explained(connect, place, arguments, words):
    async with connect() as client:
        result = await client.call_tool("get_document", arguments)
    assert result.is_error
    assert words in result.content[0].text
    assert str(place) not in result.content[0].text
    assert "Traceback" not in result.content[0].text
