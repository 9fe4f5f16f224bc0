"""The tool that scores named documents."""

import pytest

from .conftest import ids, size

pytestmark = pytest.mark.anyio


@pytest.fixture
def verify(ask):
    async def verified(**arguments):
        result = await ask("verify_documents", entity_type="dinosaur", **arguments)
        assert not result.is_error, result.content[0].text
        return result

    return verified


async def test_named_documents_are_scored_in_the_order_asked_for(verify, index):
    wanted = ["train-0001", "dino Stegosaurus", "nowhere", "tooth-1 Triceratops"]
    result = await verify(document_ids=[*wanted, wanted[0]])
    found = result.structured_content
    scores = {one["document_id"]: one["relevance"] for one in found["documents"]}
    assert list(scores) == ["train-0001", "dino Stegosaurus", "tooth-1 Triceratops"]
    assert scores["train-0001"] < min(scores["dino Stegosaurus"], scores["tooth-1 Triceratops"])
    assert (found["unknown"], found["remaining"]) == (["nowhere"], [])
    best = found["documents"][1]
    assert index.get([best["document_id"]])[0].text[best["start"] : best["end"]] == best["text"]
    assert best["text"] in best["snippet"]
    header, *lines = result.content[0].text.split("\n")
    assert "unknown ids: nowhere" in header
    assert [line.split("\t")[0] for line in lines] == list(scores)


async def test_a_list_that_is_too_long_for_one_answer_is_gone_on_with(verify, connect):
    rest = wanted = [f"tooth-{number} {name}" for number in range(4) for name in ("Diplodocus", "Triceratops")]
    read = []
    async with connect(page_chars=2_000) as client:
        while rest:
            read.append(await verify(client=client, document_ids=rest))
            rest = read[-1].structured_content["remaining"]
    assert ids(*read) == wanted
    assert max(map(size, read)) <= 2_000
