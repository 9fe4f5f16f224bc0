"""Entities over MCP: those of the engine, each once, whatever the size of a page."""

import json

import pytest

pytestmark = pytest.mark.anyio

NAMING = "list_entities_of_type"


async def every_page(client, **arguments):
    pages, cursor = [], {}
    while True:
        result = await client.call_tool(NAMING, {**arguments, **cursor})
        assert not result.is_error, result.content[0].text
        pages.append((result.structured_content, result.content[0].text))
        if "next_cursor" not in pages[-1][0]:
            return pages
        cursor = {"cursor": pages[-1][0]["next_cursor"]}


@pytest.mark.parametrize("limit", [3, 100])
async def test_the_pages_are_the_engines_list(connect, index, limit):
    expected = index.entities("dinosaur", min_relevance=0.1)
    async with connect() as client:
        pages = await every_page(client, entity_type="dinosaur", min_relevance=0.1, limit=limit)
    listed = [one for page, _ in pages for one in page["entities"]]
    assert [one["name"] for one in listed] == [one.name for one in expected.entities]
    assert [one["document_count"] for one in listed] == [one.document_count for one in expected.entities]
    assert {page["total_entities"] for page, _ in pages} == {expected.total}
    assert max(one["document_count"] for one in listed) >= 5


async def test_a_page_has_its_size_and_the_next_one_goes_on_behind_it(connect, index):
    expected = [one.name for one in index.entities("place", min_relevance=0).entities]
    async with connect(page_chars=2_000) as client:
        pages = await every_page(client, entity_type="place", min_relevance=0)
    assert len(pages) > 1
    assert [one["name"] for page, _ in pages for one in page["entities"]] == expected
    assert all(max(len(text), len(json.dumps(page, ensure_ascii=False))) <= 2_000 for page, text in pages)


async def test_a_share_can_be_asked_for(connect, index):
    async with connect() as client:
        pages = await every_page(client, entity_type="dinosaur", recall=0.5)
    assert pages[0][0]["total_entities"] == index.entities("dinosaur", recall=0.5).total


async def test_nothing_hidden_comes_from_the_corpus(connect):
    async with connect() as client:
        pages = await every_page(client, entity_type="dinosaur", min_relevance=0)
    for page, text in pages:
        assert not {"\x1b", "\u202e", "\x00"} & set(text + json.dumps(page, ensure_ascii=False))


async def test_no_entity_is_a_success(connect):
    async with connect() as client:
        ((page, text),) = await every_page(client, entity_type="dinosaur", min_relevance=1)
    assert (page["total_entities"], page["entities"]) == (0, [])
    assert text.startswith("0 entities")
