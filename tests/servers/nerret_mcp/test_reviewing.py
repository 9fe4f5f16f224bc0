"""The tool with which an agent reviews; it is offered where the operator named a folder for it."""

import json

import pytest

pytestmark = pytest.mark.anyio

TOOL = "review_documents"


async def review(client, **arguments):
    result = await client.call_tool(TOOL, {"entity_type": "volcano", "collection": "small", **arguments})
    assert not result.is_error, result.content[0].text
    return result.structured_content, result.content[0].text


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
        begun, text = await review(client)
        assert (begun["judged"], begun["done"]) == (0, False)
        (one,) = begun["documents"]
        assert one == {"document_id": "only", "text": "Etna smokes.", "mentions": ["Etna"]}
        assert "only\tEtna\tEtna smokes." in text
        assert (await review(client))[0]["documents"] == [one], "asking again gives it again"
        ended, _ = await review(client, verdicts={"only": "yes"}, reviewer="bot")
    assert (ended["judged"], ended["found"], ended["recall"], ended["done"]) == (1, 1, 1.0, True)
    assert ended["documents"] == []
    (file,) = tmp_path.glob("small-volcano-*.review.jsonl")
    assert json.loads(file.read_text(encoding="utf-8").splitlines()[-1])["by"] == "bot"


async def test_an_answer_has_the_size_of_a_page_and_what_is_left_comes_next(connect, tmp_path):
    async with connect(reviews=str(tmp_path), page_chars=4_000) as client:
        arguments = {"entity_type": "dinosaur", "collection": "default", "limit": 50}
        found, text = await review(client, **arguments)
        assert max(len(json.dumps(found, ensure_ascii=False)), len(text)) <= 4_000
        judged = {one["document_id"]: "yes" for one in found["documents"]}
        assert 1 <= len(judged) < 50
        after, _ = await review(client, **arguments, verdicts=judged)
    assert after["judged"] == len(judged)
    assert not judged.keys() & {one["document_id"] for one in after["documents"]}


async def test_what_cannot_be_used_is_said_without_a_path(connect, tmp_path):
    async with connect(reviews=str(tmp_path)) as client:
        for more, message in (
            ({"verdicts": {"nowhere": "yes"}}, "no document 'nowhere'"),
            ({"verdicts": {"only": "maybe"}}, "verdicts"),
            ({"limit": 0}, "limit"),
            ({"entity_type": "123"}, "no letters"),
        ):
            result = await client.call_tool(TOOL, {"entity_type": "volcano", "collection": "small", **more})
            assert result.is_error
            assert message in result.content[0].text
            assert str(tmp_path) not in result.content[0].text
