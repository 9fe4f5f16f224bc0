"""The tool that reads the caller's own texts."""

import json

import pytest

from nerret_tools import EntityExtractor

pytestmark = pytest.mark.anyio

TEXT = "Angela Merkel studied in Leipzig ."
TYPES = {"politician": "a person who holds public office", "city": "a large town"}


async def call(client, **arguments):
    return await client.call_tool("extract_entities", arguments)


async def test_mentions_come_with_type_offsets_and_the_same_in_text(connect):
    async with connect() as client:
        result = await call(client, texts=["", TEXT], entity_types=TYPES)
    assert not result.is_error, result.content[0].text
    found = result.structured_content
    assert found["texts"][0] == []
    assert "next_text" not in found
    assert found["total_entities"] == len(found["texts"][1])
    merkel = found["texts"][1][0]
    assert (merkel["text"], merkel["type"]) == ("Angela Merkel", "politician")
    assert TEXT[merkel["start"] : merkel["end"]] == merkel["text"]
    assert f"1\t0\t13\tpolitician\t{merkel['relevance']:.2f}" in result.content[0].text


async def test_documents_of_the_corpus_are_read_by_their_ids(connect, index):
    ids = ["train-0001", "dino Stegosaurus"]
    texts = [document.text for document in index.get(ids)]
    async with connect() as client:
        by_id = (await call(client, document_ids=ids, entity_types=["dinosaur", "city"])).structured_content
        by_text = (await call(client, texts=texts, entity_types=["dinosaur", "city"])).structured_content
    assert by_id == by_text
    assert by_id["total_entities"] > 0


async def test_names_alone_do_and_an_answer_that_grows_too_long_says_where_to_go_on(connect):
    texts = ["\n".join([TEXT] * 10)] * 6
    async with connect(page_chars=4_000) as client:
        read, rounds = [], 0
        while len(read) < len(texts):
            result = await call(client, texts=texts[len(read) :], entity_types=["politician", "city"])
            answer = result.structured_content
            read += answer["texts"]
            rounds += 1
            assert ("next_text" not in answer) == (len(read) == len(texts))
    assert rounds > 1
    assert all(one == read[0] for one in read)
    assert len(json.dumps(read[0])) > 0


async def test_texts_that_do_not_fit_into_the_answer_are_not_read(connect, monkeypatch):
    read = []
    extract = EntityExtractor.extract

    def counted(extractor, texts, *options):
        read.extend(texts)
        return extract(extractor, texts, *options)

    monkeypatch.setattr(EntityExtractor, "extract", counted)
    texts = [f"{TEXT} " * 100] * 20
    async with connect(page_chars=4_000) as client:
        answer = (await call(client, texts=texts, entity_types=TYPES)).structured_content
    assert answer["next_text"] == len(answer["texts"])
    assert len(answer["texts"]) <= len(read) <= len(answer["texts"]) + 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"texts": [TEXT], "entity_types": ["a", "A"]}, "two types"),
        ({"texts": [TEXT], "entity_types": {"a": "x " * 900}}, "1,799 characters"),
        ({"texts": [TEXT], "entity_types": []}, "entity_types"),
        ({"texts": [], "entity_types": ["city"]}, "texts"),
        ({"texts": [TEXT], "types": ["city"]}, "unknown argument 'types'"),
        ({"entity_types": ["city"]}, "either texts or document_ids"),
        ({"document_ids": ["nowhere"], "entity_types": ["city"]}, "there is no document 'nowhere'"),
        ({"texts": [TEXT], "entity_types": ["city"], "min_relevance": 2}, "min_relevance"),
    ],
)
async def test_what_cannot_be_used_is_said(connect, arguments, message):
    async with connect() as client:
        result = await call(client, **arguments)
    assert result.is_error
    assert message in result.content[0].text
