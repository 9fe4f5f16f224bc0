"""The tool that scores named documents."""

import json

import pytest

pytestmark = pytest.mark.anyio


async def verify(client, **arguments):
    result = await client.call_tool("verify_documents", {"entity_type": "dinosaur", **arguments})
    assert not result.is_error, result.content[0].text
    return result.structured_content, result.content[0].text


async def test_named_documents_are_scored_in_the_order_asked_for(connect, index):
    ids = ["train-0001", "dino Stegosaurus", "nowhere", "tooth-1 Triceratops"]
    async with connect() as client:
        found, text = await verify(client, document_ids=[*ids, ids[0]])
    scores = {one["document_id"]: one["relevance"] for one in found["documents"]}
    assert list(scores) == ["train-0001", "dino Stegosaurus", "tooth-1 Triceratops"]
    assert scores["train-0001"] < min(scores["dino Stegosaurus"], scores["tooth-1 Triceratops"])
    assert (found["unknown"], found["remaining"]) == (["nowhere"], [])
    best = found["documents"][1]
    assert index.get([best["document_id"]])[0].text[best["start"] : best["end"]] == best["text"]
    assert best["text"] in best["snippet"]
    header, *lines = text.split("\n")
    assert "unknown ids: nowhere" in header
    assert [line.split("\t")[0] for line in lines] == list(scores)


async def test_a_list_that_is_too_long_for_one_answer_is_gone_on_with(connect):
    ids = [f"tooth-{number} {name}" for number in range(4) for name in ("Diplodocus", "Triceratops")]
    read, rest = [], ids
    async with connect(page_chars=2_000) as client:
        while rest:
            found, text = await verify(client, document_ids=rest)
            assert max(len(json.dumps(found)), len(text)) <= 2_000
            read += [one["document_id"] for one in found["documents"]]
            rest = found["remaining"]
    assert read == ids


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"document_ids": [], "entity_type": "dinosaur"}, "document_ids"),
        ({"document_ids": ["x"] * 201, "entity_type": "dinosaur"}, "document_ids"),
        ({"document_ids": ["long"], "entity_type": "123"}, "no letters"),
        ({"document_ids": ["long"], "entity_type": "city", "collection": "nothing"}, "valid collections"),
    ],
)
async def test_what_cannot_be_used_is_said(connect, arguments, message):
    async with connect() as client:
        result = await client.call_tool("verify_documents", arguments)
    assert result.is_error
    assert message in result.content[0].text
