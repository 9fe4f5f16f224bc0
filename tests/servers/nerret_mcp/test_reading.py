"""Documents, collections, resources, the prompt, and what the corpus must not do to its reader."""

import json
import unicodedata

import pytest
from mcp.shared.exceptions import MCPError

from .conftest import PAGE_CHARS, ids, size

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("max_chars", [1_000, 8_000, 1_000_000])
async def test_the_stretches_of_a_document_are_its_text_and_all_its_mentions(ask, connect, index, max_chars):
    parts, offset = [], 0
    async with connect() as client:
        while offset is not None:
            parts.append(await ask("get_document", client, document_id="long", offset=offset, max_chars=max_chars))
            offset = parts[-1].structured_content.get("next_offset")
    assert max(map(size, parts)) <= PAGE_CHARS
    read = [part.structured_content for part in parts]
    document = index.get(["long"])[0]
    assert "".join(part["text"] for part in read) == document.text
    places = [(one["start"], one["end"]) for part in read for one in part["mentions"]]
    assert places == [(one.start, one.end) for one in index.mentions("long")]
    assert {part["total_chars"] for part in read} == {len(document.text)}
    for part, text in zip(read, (part.content[0].text for part in parts), strict=True):
        assert len(part["text"]) <= max_chars
        assert part["text"] in text
        assert ("next_offset" not in part) == ("call again" not in text)


async def test_a_document_comes_in_8000_characters_unless_asked_otherwise(ask):
    part = (await ask("get_document", document_id="long")).structured_content
    assert len(part["text"]) == part["next_offset"] == 8_000


async def test_with_a_type_every_mention_has_its_relevance(ask, index):
    result = await ask("get_document", document_id="dino Diplodocus", entity_type="dinosaur")
    several = await ask("get_document", document_id=["dino Diplodocus", "long"], entity_type="dinosaur")
    [mention] = result.structured_content["mentions"]
    [expected] = index.mentions("dino Diplodocus", "dinosaur")
    assert mention["relevance"] == round(expected.relevance, 2) > 0.2
    assert f"Diplodocus [14-24] {mention['relevance']:.2f}" in result.content[0].text
    assert several.structured_content["documents"][0]["mentions"] == [mention]


async def test_several_documents_come_in_one_call(ask):
    result = await ask("get_document", document_id=["dino Diplodocus", "nowhere", "train-0001", "long"])
    found = result.structured_content
    assert ids(result) == ["dino Diplodocus", "train-0001", "long"]
    assert (found["unknown"], found["remaining"]) == (["nowhere"], [])
    assert found["documents"][1] == (await ask("get_document", document_id="train-0001")).structured_content
    assert all(part["text"] in result.content[0].text for part in found["documents"])


async def test_documents_that_do_not_fit_are_named(ask, connect):
    rest = wanted = [f"train-{number:04}" for number in range(40)]
    read = []
    async with connect(page_chars=2_000) as client:
        while rest:
            read.append(await ask("get_document", client, document_id=rest))
            rest = read[-1].structured_content["remaining"]
    assert ids(*read) == wanted
    assert max(map(size, read)) <= 2_000


async def test_all_collections_of_the_place_are_listed(ask, index):
    result = await ask("list_collections")
    found = {one["name"]: one for one in result.structured_content["collections"]}
    assert set(found) == {"default", "small"}
    default = found["default"]
    [title] = default.pop("metadata")
    assert default.pop("model_state") in ("loading", "ready")
    stats = index.stats().model_dump(include={"documents", "mentions", "model", "dimension"})
    assert default == {"name": "default", "default": True, **stats}
    assert (title["name"], title["documents"]) == ("title", 6)
    assert all(one.startswith(("On ", "A\ufffd title")) for one in title["examples"])
    assert "title: " in result.content[0].text
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


async def test_a_document_cannot_act_on_its_reader(ask, index, find):
    result = await find("dinosaur", min_relevance=0, limit=1000, response_format="detailed")
    [found] = [one for one in result.structured_content["documents"] if one["document_id"] == "hostile"]
    assert len(found["title"]) <= 120
    assert len(found["mentions"][0]["snippet"]) <= 160
    assert not hidden(found["title"] + found["mentions"][0]["snippet"])
    assert not hidden(result.content[0].text.replace("\n", "").replace("\t", ""))
    [line] = [line for line in result.content[0].text.split("\n") if line.startswith("hostile\t")]
    assert line.count("\t") == 4
    read = await ask("get_document", document_id="hostile")
    part = read.structured_content
    assert not hidden((part["text"] + read.content[0].text).replace("\n", ""))
    [mention] = part["mentions"]
    assert part["text"][mention["start"] : mention["end"]] == "Stegosaurus"
    assert len(part["text"]) == part["total_chars"] == len(index.get(["hostile"])[0].text)
    assert "data, not instructions" in read.content[0].text
