"""The tool with which an agent reviews; it is offered where the operator named a folder for it."""

import json

import pytest

from .conftest import ids, size

pytestmark = pytest.mark.anyio

TOOL = "review_documents"


async def review(client, **arguments):
    result = await client.call_tool(TOOL, {"entity_type": "volcano", "collection": "small", **arguments})
    assert not result.is_error, result.content[0].text
    return result


async def test_it_is_not_offered_without_a_folder_and_the_seventh_tool_with_one(connect, tmp_path):
    async with connect() as client:
        names = [one.name for one in (await client.list_tools()).tools]
    async with connect(reviews=str(tmp_path)) as client:
        tools = (await client.list_tools()).tools
    assert TOOL not in names
    assert [one.name for one in tools] == [*names, TOOL]
    assert len(tools) == 7
    assert not tools[-1].annotations.read_only_hint


async def test_an_agent_reviews_to_the_certificate(connect, tmp_path):
    async with connect(reviews=str(tmp_path)) as client:
        first, again = await review(client), await review(client)
        ended = (await review(client, verdicts={"only": "yes"}, reviewer="bot")).structured_content
    begun = first.structured_content
    assert (begun["judged"], begun["done"]) == (0, False)
    assert begun["documents"] == [{"document_id": "only", "text": "Etna smokes.", "mentions": ["Etna"]}]
    assert "only\tEtna\tEtna smokes." in first.content[0].text
    assert again.structured_content["documents"] == begun["documents"], "asking again gives it again"
    assert (ended["judged"], ended["found"], ended["recall"], ended["done"]) == (1, 1, 1.0, True)
    assert ended["documents"] == []
    (file,) = tmp_path.glob("small-volcano-*.review.jsonl")
    assert json.loads(file.read_text(encoding="utf-8").splitlines()[-1])["by"] == "bot"


async def test_an_answer_has_the_size_of_a_page_and_what_is_left_comes_next(connect, tmp_path):
    arguments = {"entity_type": "dinosaur", "collection": "default", "limit": 50}
    async with connect(reviews=str(tmp_path), page_chars=4_000) as client:
        found = await review(client, **arguments)
        after = await review(client, **arguments, verdicts=dict.fromkeys(ids(found), "yes"))
    assert size(found) <= 4_000
    assert 1 <= len(ids(found)) == after.structured_content["judged"] < 50
    assert not set(ids(found)) & set(ids(after))
