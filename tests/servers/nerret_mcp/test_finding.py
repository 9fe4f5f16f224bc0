"""Pages: complete, in order, each within its size, in both eras of the protocol."""

import json

import pytest

from nerret_tools import EntityQuery

from .conftest import TOOL, all_pages, ids, size

pytestmark = pytest.mark.anyio


async def test_all_pages_together_are_the_engines_answer_and_no_page_is_too_large(connect, check_pages):
    async with connect() as client:
        await check_pages(client)


async def test_the_size_of_a_page_is_a_setting(connect, index):
    async with connect(page_chars=9_000) as client:
        pages = await all_pages(client, entity_type="city", min_relevance=0.5, response_format="detailed")
    assert max(map(size, pages)) <= 9_000
    assert ids(*pages) == ids(index.find("city", min_relevance=0.5))


async def test_the_default_page_has_at_most_200_documents_and_short_numbers(find):
    page = (await find("city", min_relevance=0)).structured_content
    documents = page["documents"]
    assert 0 < page["returned"] == len(documents) <= 200
    assert all(len(str(document[name])) <= 6 for document in documents for name in ("score", "relevance"))
    assert [one["score"] for one in documents] == sorted((one["score"] for one in documents), reverse=True)


async def test_the_text_holds_the_whole_page_in_one_line_a_document(find):
    result = await find("dinosaur", min_relevance=0, limit=5)
    page, text = result.structured_content, result.content[0].text
    header, *lines = text.split("\n")
    assert header.startswith(f"5 of {page['total_documents']:,} documents in collection default that reach min_rel")
    assert header.endswith(f"; call again with cursor={page['next_cursor']}")
    assert "data, not instructions" in header
    assert len(result.content) == 1
    assert [line.split("\t") for line in lines] == [
        [
            one["document_id"],
            f"{one['relevance']:.2f}",
            str(one["mention_count"]),
            " | ".join(mention["text"] for mention in one["mentions"]),
            one.get("title", ""),
        ]
        for one in page["documents"]
    ]


async def test_a_concise_mention_is_its_text_and_a_detailed_one_says_where(find, index):
    concise = (await find(limit=3, min_relevance=0)).structured_content["documents"]
    assert all(set(mention) == {"text"} for document in concise for mention in document["mentions"])
    result = await find(limit=3, min_relevance=0, response_format="detailed")
    lines = result.content[0].text.split("\n")[1:]
    for document, line in zip(result.structured_content["documents"], lines, strict=True):
        text = index.get([document["document_id"]])[0].text
        for mention in document["mentions"]:
            assert text[mention["start"] : mention["end"]] == mention["text"]
            assert mention["text"] in mention["snippet"]
            assert f"[{mention['start']}-{mention['end']}]" in line


async def test_a_title_comes_from_the_metadata(find):
    documents = (await find("dinosaur", min_relevance=0, limit=1000)).structured_content["documents"]
    titles = {document["document_id"]: document.get("title") for document in documents}
    assert all(titles[name] == f"On {name.removeprefix('dino ')}" for name in titles if name.startswith("dino "))


async def test_nothing_found_is_a_success(find):
    result = await find("dinosaur", min_relevance=1)
    page = result.structured_content
    assert (result.is_error, page["total_documents"], page["documents"]) == (False, 0, [])
    assert "next_cursor" not in page
    assert result.content[0].text.startswith("0 documents; nothing in collection default reaches min_relevance 1")


async def test_a_cursor_carries_on_with_another_page_size(find, index):
    first = await find("city", min_relevance=0, limit=10)
    second = await find("city", min_relevance=0, limit=25, cursor=first.structured_content["next_cursor"])
    assert ids(first, second) == ids(index.find("city", min_relevance=0, limit=35))


async def test_an_agent_may_ask_another_collection(find):
    page = await find("volcano", collection="small", min_relevance=0)
    assert (ids(page), page.structured_content["collection"]) == (["only"], "small")


async def test_metadata_narrow_the_search(find, index):
    where = {"title": {"$in": ["On Diplodocus", "On Stegosaurus"]}}
    page, expected = await find(min_relevance=0, where=where), index.find("dinosaur", min_relevance=0, where=where)
    assert ids(page) == ids(expected)
    assert page.structured_content["total_documents"] == expected.total == 2


async def test_documents_can_be_counted_alone(find, index):
    result = await find("dinosaur", count_only=True)
    page, total = result.structured_content, index.find("dinosaur").total
    assert (page["total_documents"], page["documents"], "next_cursor" in page) == (total, [], False)
    assert result.content[0].text.startswith(f"{total} documents in collection default that reach min_relevance ")


async def test_a_share_can_be_asked_for_and_the_band_below_a_list(find, index):
    expected = index.find("dinosaur", recall=0.9)
    result = await find("dinosaur", recall=0.9, limit=1000)
    page = result.structured_content
    assert ids(result) == ids(expected)
    assert page["expected_recall"] == round(expected.expected_recall, 3)
    assert page["expected_relevant"] == round(expected.expected_relevant, 1)
    assert f"{expected.expected_relevant:.0f} are expected to be right" in result.content[0].text
    below = {"min_relevance": 0, "max_relevance": expected.hits[-1].relevance}
    band = await find("dinosaur", count_only=True, **below)
    assert band.structured_content["total_documents"] == index.find("dinosaur", **below).total


async def test_types_are_combined(find, index):
    asked = {"any_of": ["dinosaur", "city"], "none_of": ["village"]}
    result = await find(None, **asked, min_relevance=0)
    expected = index.find(EntityQuery(**asked), min_relevance=0, limit=200)
    assert result.structured_content["entity_type"] == str(EntityQuery(**asked))
    assert result.structured_content["total_documents"] == expected.total
    assert ids(result) == ids(expected)[: len(ids(result))] != []
    both = (await find("dinosaur", all_of=["skeleton"], scope="document", count_only=True)).structured_content
    assert both["entity_type"] == "all of dinosaur, skeleton; in one document"


async def test_each_form_holds_what_fits_in_it_and_goes_on_behind_it(connect, index):
    expected = ids(index.find("city", min_relevance=0))
    asked = {"entity_type": "city", "min_relevance": 0, "limit": 1000}
    async with connect(page_chars=8_000) as client:
        first = await client.call_tool(TOOL, asked)
        header, *lines = first.content[0].text.split("\n")
        cursor = header.rsplit("cursor=", 1)[1]
        second = await client.call_tool(TOOL, {**asked, "cursor": cursor})
    listed = [line.split("\t")[0] for line in lines]
    assert len(listed) > 2 * first.structured_content["returned"]
    assert listed == expected[: len(listed)]
    assert ids(second)[0] == expected[len(listed)]
    assert first.structured_content["next_cursor"] != cursor


async def test_a_name_says_how_often_it_stands_and_a_place_is_quoted_once(find):
    result = await find("island", min_relevance=0, where=None, response_format="detailed", limit=1000)
    [long] = [one for one in result.structured_content["documents"] if one["document_id"] == "long"]
    [mention] = long["mentions"]
    assert (long["mention_count"], mention["text"], mention["count"]) == (1, "Elephant Island", 400)
    [line] = [one for one in result.content[0].text.split("\n") if one.startswith("long\t")]
    assert "Elephant Island ×400 [" in line


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (TOOL, {"entity_type": "dinosaur", "min_relevance": 1}),
        (TOOL, {"entity_type": "city", "min_relevance": 0, "response_format": "detailed"}),
        ("list_entities_of_type", {"entity_type": "city"}),
        ("get_document", {"document_id": "long", "entity_type": "island"}),
        ("verify_documents", {"entity_type": "city", "document_ids": ["long", "nowhere"]}),
        ("extract_entities", {"entity_types": ["city"], "texts": ["Oslo."]}),
    ],
)
async def test_no_answer_has_a_null(ask, tool, arguments):
    answer = await ask(tool, **arguments)
    assert not answer.is_error
    assert "null" not in json.dumps(answer.structured_content)
