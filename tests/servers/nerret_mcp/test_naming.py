"""Entities over MCP: those of the engine, each once, whatever the size of a page."""

import json

import pytest

from .conftest import all_pages, size

pytestmark = pytest.mark.anyio

NAMING = "list_entities_of_type"


@pytest.mark.parametrize("limit", [3, 100])
async def test_the_pages_are_the_engines_list(connect, index, limit):
    expected = index.entities("dinosaur", min_relevance=0.1)
    async with connect() as client:
        pages = await all_pages(client, NAMING, entity_type="dinosaur", min_relevance=0.1, limit=limit)
    listed = [one for page in pages for one in page.structured_content["entities"]]
    counts = [(one.name, one.document_count) for one in expected.entities]
    assert [(one["name"], one["document_count"]) for one in listed] == counts
    assert {page.structured_content["total_entities"] for page in pages} == {expected.total}
    assert max(one["document_count"] for one in listed) >= 5


async def test_a_page_has_its_size_and_the_next_one_goes_on_behind_it(connect, index):
    async with connect(page_chars=2_000) as client:
        pages = await all_pages(client, NAMING, entity_type="place", min_relevance=0)
    assert len(pages) > 1
    assert max(map(size, pages)) <= 2_000
    named = [one["name"] for page in pages for one in page.structured_content["entities"]]
    assert named == [one.name for one in index.entities("place", min_relevance=0).entities]


async def test_a_share_can_be_asked_for(ask, index):
    page = (await ask(NAMING, entity_type="dinosaur", recall=0.5)).structured_content
    assert page["total_entities"] == index.entities("dinosaur", recall=0.5).total


async def test_nothing_hidden_comes_from_the_corpus(ask):
    page = await ask(NAMING, entity_type="dinosaur", min_relevance=0)
    shown = page.content[0].text + json.dumps(page.structured_content, ensure_ascii=False)
    assert not {"\x1b", "\u202e", "\x00"} & set(shown)


async def test_no_entity_is_a_success(ask):
    page = await ask(NAMING, entity_type="dinosaur", min_relevance=1)
    assert (page.structured_content["total_entities"], page.structured_content["entities"]) == (0, [])
    assert page.content[0].text.startswith("0 entities")
