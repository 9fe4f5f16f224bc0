"""The tool that reads the caller's own texts."""

import pytest

pytestmark = pytest.mark.anyio
TOOL = "extract_entities"

TEXT = "Angela Merkel studied in Leipzig ."
TYPES = {"politician": "a person who holds public office", "city": "a large town"}


async def test_mentions_come_with_type_offsets_and_the_same_in_text(ask):
    result = await ask(TOOL, texts=["", TEXT], entity_types=TYPES)
    assert not result.is_error, result.content[0].text
    found = result.structured_content
    assert found["texts"][0] == []
    assert "next_text" not in found
    assert found["total_entities"] == len(found["texts"][1])
    merkel = found["texts"][1][0]
    assert (merkel["text"], merkel["type"]) == ("Angela Merkel", "politician")
    assert TEXT[merkel["start"] : merkel["end"]] == merkel["text"]
    assert f"1\t0\t13\tpolitician\t{merkel['relevance']:.2f}" in result.content[0].text


async def test_documents_of_the_corpus_are_read_by_their_ids(ask, index):
    wanted = ["train-0001", "dino Stegosaurus"]
    by_id = await ask(TOOL, document_ids=wanted, entity_types=["dinosaur", "city"])
    texts = [document.text for document in index.get(wanted)]
    by_text = await ask(TOOL, texts=texts, entity_types=["dinosaur", "city"])
    assert by_id.structured_content == by_text.structured_content
    assert by_id.structured_content["total_entities"] > 0


async def test_names_alone_do_and_an_answer_that_grows_too_long_says_where_to_go_on(ask, connect):
    texts = ["\n".join([TEXT] * 10)] * 6
    read, rounds = [], 0
    async with connect(page_chars=4_000) as client:
        while len(read) < len(texts):
            result = await ask(TOOL, client, texts=texts[len(read) :], entity_types=["politician", "city"])
            read += result.structured_content["texts"]
            rounds += 1
            assert ("next_text" not in result.structured_content) == (len(read) == len(texts))
    assert rounds > 1
    assert all(one == read[0] != [] for one in read)


async def test_texts_that_do_not_fit_into_the_answer_are_not_read(ask, connect, passes):
    texts = [f"{TEXT} " * 100] * 20
    async with connect(page_chars=4_000) as client:
        await ask(TOOL, client, texts=[TEXT], entity_types=TYPES)  # the types are encoded once
        passes.clear()
        answer = (await ask(TOOL, client, texts=texts, entity_types=TYPES)).structured_content
        needed = len(passes)
        await ask(TOOL, client, texts=texts[: len(answer["texts"]) + 1], entity_types=TYPES)
    assert answer["next_text"] == len(answer["texts"]) < 10
    assert 0 < needed <= len(passes) - needed
