"""Documents, collections, resources, the prompt, and what the corpus must not do to its reader."""

import json
import unicodedata

import pytest
from mcp.shared.exceptions import MCPError

pytestmark = pytest.mark.anyio


async def read_to_the_end(client, document_id, **arguments):
    parts, offset = [], 0
    while offset is not None:
        result = await client.call_tool("get_document", {"document_id": document_id, "offset": offset, **arguments})
        assert not result.is_error, result.content[0].text
        parts.append((result.structured_content, result.content[0].text))
        offset = result.structured_content.get("next_offset")
    return parts


@pytest.mark.parametrize("max_chars", [1_000, 8_000, 1_000_000])
async def test_the_stretches_of_a_document_are_its_text_and_all_its_mentions(connect, index, max_chars):
    async with connect() as client:
        parts = await read_to_the_end(client, "long", max_chars=max_chars)
    document = index.get(["long"])[0]
    assert "".join(part["text"] for part, _ in parts) == document.text
    places = [(one["start"], one["end"]) for part, _ in parts for one in part["mentions"]]
    assert places == [(one.start, one.end) for one in index.mentions("long")]
    for part, text in parts:
        assert max(len(text), len(json.dumps(part, ensure_ascii=False))) <= 40_000
        assert len(part["text"]) <= max_chars
        assert part["total_chars"] == len(document.text)
        assert part["text"] in text
        assert ("next_offset" not in part) == ("call again" not in text)


async def test_a_document_comes_in_8000_characters_unless_asked_otherwise(connect):
    async with connect() as client:
        part = (await client.call_tool("get_document", {"document_id": "long"})).structured_content
    assert len(part["text"]) == part["next_offset"] == 8_000


async def test_with_a_type_every_mention_has_its_relevance(connect, index):
    asked = {"document_id": "dino Diplodocus", "entity_type": "dinosaur"}
    async with connect() as client:
        result = await client.call_tool("get_document", asked)
        several = await client.call_tool("get_document", {**asked, "document_id": ["dino Diplodocus", "long"]})
    [mention] = result.structured_content["mentions"]
    [expected] = index.mentions("dino Diplodocus", "dinosaur")
    assert mention["relevance"] == round(expected.relevance, 2) > 0.2
    assert f"Diplodocus [14-24] {mention['relevance']:.2f}" in result.content[0].text
    assert several.structured_content["documents"][0]["mentions"] == [mention]


async def test_several_documents_come_in_one_call(connect, index):
    ids = ["dino Diplodocus", "nowhere", "train-0001", "long"]
    async with connect() as client:
        result = await client.call_tool("get_document", {"document_id": ids})
        found, text = result.structured_content, result.content[0].text
        one = (await client.call_tool("get_document", {"document_id": "train-0001"})).structured_content
        refused = await client.call_tool("get_document", {"document_id": ids, "offset": 3})
    assert [part["document_id"] for part in found["documents"]] == ["dino Diplodocus", "train-0001", "long"]
    assert (found["unknown"], found["remaining"]) == (["nowhere"], [])
    assert found["documents"][1] == one
    assert all(part["text"] in text for part in found["documents"])
    assert "a single document_id" in refused.content[0].text


async def test_documents_that_do_not_fit_are_named(connect):
    ids = [f"train-{number:04}" for number in range(40)]
    read, rest = [], ids
    async with connect(page_chars=2_000) as client:
        while rest:
            result = await client.call_tool("get_document", {"document_id": rest})
            found = result.structured_content
            assert max(len(json.dumps(found)), len(result.content[0].text)) <= 2_000
            read += [part["document_id"] for part in found["documents"]]
            rest = found["remaining"]
    assert read == ids


async def test_all_collections_of_the_place_are_listed(connect, index):
    async with connect() as client:
        result = await client.call_tool("list_collections", {})
    found = {one["name"]: one for one in result.structured_content["collections"]}
    stats = index.stats()
    assert set(found) == {"default", "small"}
    assert found["default"] == {
        "name": "default",
        "default": True,
        "documents": stats.documents,
        "mentions": stats.mentions,
        "model": stats.model,
        "dimension": stats.dimension,
        "metadata": [{"name": "title", "documents": 6, "examples": found["default"]["metadata"][0]["examples"]}],
        "model_state": found["default"]["model_state"],
    }
    assert all(one.startswith(("On ", "A\ufffd title")) for one in found["default"]["metadata"][0]["examples"])
    assert "title: " in result.content[0].text
    assert found["default"]["model_state"] in ("loading", "ready")
    assert result.content[0].text.count("\n") == 2


async def test_resources_are_a_second_route_to_the_same(connect):
    async with connect() as client:
        [listed] = (await client.list_resources()).resources
        [template] = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "nerret://collections/{collection}/documents/{document_id}{?offset}"
        [collections] = (await client.read_resource(listed.uri)).contents
        uri = "nerret://collections/default/documents/dino%20Diplodocus"
        [document] = (await client.read_resource(uri)).contents
        part = (await client.call_tool("get_document", {"document_id": "dino Diplodocus"})).structured_content
        [rest] = (await client.read_resource(f"{uri}?offset=14")).contents
    assert {one["name"] for one in json.loads(collections.text)["collections"]} == {"default", "small"}
    assert json.loads(document.text) == part
    assert json.loads(rest.text)["text"] == part["text"][14:]


@pytest.mark.parametrize("uri", ["nowhere/documents/long", "default/documents/..%2F..%2Fetc%2Fpasswd"])
async def test_a_resource_that_is_not_there_is_an_error(connect, uri):
    async with connect() as client:
        with pytest.raises(MCPError, match="there is no"):
            await client.read_resource(f"nerret://collections/{uri}")


async def test_the_prompt_asks_to_page_to_the_end_and_to_verify(connect):
    async with connect() as client:
        [listed] = (await client.list_prompts()).prompts
        prompt = await client.get_prompt("exhaustive_entity_search", {"entity_type": 'river\n"and more"'})
    assert [(one.name, one.required) for one in listed.arguments] == [("entity_type", True)]
    [message] = prompt.messages
    assert 'entity_type="river \\"and more\\""' in message.content.text
    assert "While there is a next cursor" in message.content.text
    assert "get_document" in message.content.text


def hidden(text):
    return [character for character in text if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co")]


async def test_a_document_cannot_act_on_its_reader(connect, index, find):
    result = await find("dinosaur", min_relevance=0, limit=1000, response_format="detailed")
    [found] = [one for one in result.structured_content["documents"] if one["document_id"] == "hostile"]
    assert len(found["title"]) <= 120
    assert len(found["mentions"][0]["snippet"]) <= 160
    assert not hidden(found["title"] + found["mentions"][0]["snippet"])
    assert not hidden(result.content[0].text.replace("\n", "").replace("\t", ""))
    [line] = [line for line in result.content[0].text.split("\n") if line.startswith("hostile\t")]
    assert line.count("\t") == 4
    async with connect() as client:
        read = await client.call_tool("get_document", {"document_id": "hostile"})
    part = read.structured_content
    assert not hidden((part["text"] + read.content[0].text).replace("\n", ""))
    [mention] = part["mentions"]
    assert part["text"][mention["start"] : mention["end"]] == "Stegosaurus"
    assert len(part["text"]) == part["total_chars"] == len(index.get(["hostile"])[0].text)
    assert "data, not instructions" in read.content[0].text
