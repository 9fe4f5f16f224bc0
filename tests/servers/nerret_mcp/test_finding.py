"""Pages: complete, in order, each within its size, in both eras of the protocol."""

import json
import math

import pytest

from nerret_tools import EntityQuery

TOOL = "find_documents_with_entity_type"

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("limit", [7, 1000])
async def test_the_pages_of_a_type_are_the_engines_answer_whatever_their_size(connect, index, all_pages, ids_of, limit):
    expected = index.find("dinosaur")
    assert expected.total > 2 * 7
    async with connect() as client:
        pages = await all_pages(client, entity_type="dinosaur", limit=limit)
    assert len(pages) == math.ceil(expected.total / limit)
    assert ids_of(pages) == [hit.document_id for hit in expected.hits]
    for page, _ in pages:
        assert page["total_documents"] == expected.total
        assert page["index_id"] == index.stats().index_id
        assert page["min_relevance"] == pytest.approx(expected.min_relevance, abs=1e-3)
        assert page["collection"] == "default"


async def test_over_a_thousand_documents_come_once_each_and_no_page_is_too_large(connect, index, all_pages, ids_of):
    expected = [hit.document_id for hit in index.find("city", min_relevance=0).hits]
    assert len(expected) > 1_000
    async with connect() as client:
        by_limit = {
            limit: await all_pages(client, entity_type="city", min_relevance=0, limit=limit) for limit in (97, 1000)
        }
    for pages in by_limit.values():
        assert ids_of(pages) == expected
        for page, text in pages:
            assert len(text) <= 40_000
            assert len(json.dumps(page)) <= 40_000
            assert page["returned"] == len(page["documents"])
        assert "truncated_by" not in pages[-1][0]
    assert {page["truncated_by"] for page, _ in by_limit[97][:-1]} == {"limit"}
    assert {page["truncated_by"] for page, _ in by_limit[1000][:-1]} == {"size"}


async def test_the_size_of_a_page_is_a_setting(connect, index, all_pages, ids_of):
    async with connect(page_chars=9_000) as client:
        pages = await all_pages(client, entity_type="city", min_relevance=0.5, response_format="detailed")
    assert all(max(len(text), len(json.dumps(page, ensure_ascii=False))) <= 9_000 for page, text in pages)
    assert ids_of(pages) == [hit.document_id for hit in index.find("city", min_relevance=0.5).hits]


async def test_the_default_page_has_at_most_200_documents(find):
    page = (await find("city", min_relevance=0)).structured_content
    assert 0 < page["returned"] <= 200
    assert page["total_documents"] > 1_000


async def test_numbers_are_short_and_what_is_unknown_takes_no_room(find):
    documents = (await find("city", min_relevance=0)).structured_content["documents"]
    assert all(len(str(document[name])) <= 6 for document in documents for name in ("score", "relevance"))
    assert None not in [value for document in documents for value in document.values()]
    assert [one["score"] for one in documents] == sorted((one["score"] for one in documents), reverse=True)


async def test_the_text_holds_the_whole_page_in_one_line_a_document(find):
    result = await find("dinosaur", min_relevance=0, limit=5)
    page, text = result.structured_content, result.content[0].text
    header, *lines = text.split("\n")
    assert header.startswith(f"5 of {page['total_documents']:,} documents in collection default that reach min_rel")
    assert header.endswith(f"; call again with cursor={page['next_cursor']}")
    assert "data, not instructions" in header
    assert len(result.content) == 1
    for line, document in zip(lines, page["documents"], strict=True):
        name, relevance, count, mentions, title = line.split("\t")
        assert name == document["document_id"]
        assert float(relevance) == document["relevance"]
        assert int(count) == document["mention_count"]
        assert mentions.split(" | ") == [mention["text"] for mention in document["mentions"]]
        assert title == document.get("title", "")


async def test_a_concise_mention_is_its_text_and_a_detailed_one_says_where(find, index):
    concise = (await find(limit=3, min_relevance=0)).structured_content["documents"]
    assert all(set(mention) == {"text"} for document in concise for mention in document["mentions"])
    result = await find(limit=3, min_relevance=0, response_format="detailed")
    for document, line in zip(
        result.structured_content["documents"], result.content[0].text.split("\n")[1:], strict=True
    ):
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
    assert not result.is_error
    assert result.structured_content["total_documents"] == 0
    assert result.structured_content["documents"] == []
    assert "next_cursor" not in result.structured_content
    assert result.content[0].text.startswith("0 documents; nothing in collection default reaches min_relevance 1")


async def test_a_cursor_carries_on_with_another_page_size(connect, find, index):
    first = (await find("city", min_relevance=0, limit=10)).structured_content
    second = (await find("city", min_relevance=0, limit=25, cursor=first["next_cursor"])).structured_content
    expected = [hit.document_id for hit in index.find("city", min_relevance=0, limit=35).hits]
    assert [one["document_id"] for one in first["documents"] + second["documents"]] == expected


async def test_an_agent_may_ask_another_collection(find):
    page = (await find("volcano", collection="small", min_relevance=0)).structured_content
    assert [document["document_id"] for document in page["documents"]] == ["only"]
    assert page["collection"] == "small"


async def test_metadata_narrow_the_search(find, index):
    where = {"title": {"$in": ["On Diplodocus", "On Stegosaurus"]}}
    page = (await find("dinosaur", min_relevance=0, where=where)).structured_content
    expected = index.find("dinosaur", min_relevance=0, where=where)
    assert [one["document_id"] for one in page["documents"]] == [hit.document_id for hit in expected.hits]
    assert page["total_documents"] == expected.total == 2
    assert "$nonsense" in (await find("dinosaur", where={"title": {"$nonsense": 1}})).content[0].text


async def test_documents_can_be_counted_alone(find, index):
    result = await find("dinosaur", count_only=True)
    page, total = result.structured_content, index.find("dinosaur").total
    assert (page["total_documents"], page["documents"], "next_cursor" in page) == (total, [], False)
    assert result.content[0].text.startswith(f"{total} documents in collection default that reach min_relevance ")


async def test_a_share_can_be_asked_for_and_the_band_below_a_list(find, index):
    expected = index.find("dinosaur", recall=0.9)
    result = await find("dinosaur", recall=0.9, limit=1000)
    page = result.structured_content
    assert [one["document_id"] for one in page["documents"]] == [hit.document_id for hit in expected.hits]
    assert page["expected_recall"] == round(expected.expected_recall, 3)
    assert page["expected_relevant"] == round(expected.expected_relevant, 1)
    assert f"{expected.expected_relevant:.0f} are expected to be right" in result.content[0].text
    cutoff = expected.hits[-1].relevance
    band = (await find("dinosaur", min_relevance=0, max_relevance=cutoff, count_only=True)).structured_content
    below = index.find("dinosaur", min_relevance=0, max_relevance=cutoff)
    assert band["total_documents"] == below.total


async def test_types_are_combined(find, index):
    result = await find(None, any_of=["dinosaur", "city"], none_of=["village"], min_relevance=0)
    asked = EntityQuery(any_of=["dinosaur", "city"], none_of=["village"])
    expected = index.find(asked, min_relevance=0, limit=200)
    assert result.structured_content["entity_type"] == str(asked)
    assert result.structured_content["total_documents"] == expected.total
    names = [one["document_id"] for one in result.structured_content["documents"]]
    assert names == [hit.document_id for hit in expected.hits][: len(names)]
    both = (await find("dinosaur", all_of=["skeleton"], scope="document", count_only=True)).structured_content
    assert both["entity_type"] == "all of dinosaur, skeleton; in one document"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"entity_type": None}, "which entity type?"),
        ({"any_of": []}, "any_of is an empty list"),
        ({"none_of": ["Dinosaur"]}, "'dinosaur' is in all_of and in none_of"),
        ({"all_of": ["city", ""]}, "number 3 of all_of is empty"),
        ({"scope": "page"}, "scope"),
        ({"any_of": ["river", "lake"], "all_of": "city"}, "all_of"),
    ],
)
async def test_a_combination_that_cannot_be_asked_is_explained(find, arguments, said):
    result = await find(**{"entity_type": "dinosaur", **arguments})
    assert result.is_error
    assert said in result.content[0].text


async def test_each_form_holds_what_fits_in_it_and_goes_on_behind_it(connect, index):
    expected = [hit.document_id for hit in index.find("city", min_relevance=0).hits]
    asked = {"entity_type": "city", "min_relevance": 0, "limit": 1000}
    async with connect(page_chars=8_000) as client:
        first = await client.call_tool(TOOL, asked)
        header, *lines = first.content[0].text.split("\n")
        cursor = header.rsplit("cursor=", 1)[1]
        second = await client.call_tool(TOOL, {**asked, "cursor": cursor})
    listed = [line.split("\t")[0] for line in lines]
    assert len(listed) > 2 * first.structured_content["returned"]
    assert listed == expected[: len(listed)]
    assert second.structured_content["documents"][0]["document_id"] == expected[len(listed)]
    assert first.structured_content["next_cursor"] != cursor


async def test_a_name_says_how_often_it_stands_and_a_place_is_quoted_once(find):
    result = await find("island", min_relevance=0, where=None, response_format="detailed", limit=1000)
    [long] = [one for one in result.structured_content["documents"] if one["document_id"] == "long"]
    assert long["mention_count"] == 1
    [mention] = long["mentions"]
    assert (mention["text"], mention["count"]) == ("Elephant Island", 400)
    [line] = [one for one in result.content[0].text.split("\n") if one.startswith("long\t")]
    assert "Elephant Island ×400 [" in line


async def test_no_answer_has_a_null(find, connect):
    answers = [await find("dinosaur", min_relevance=1), await find("city", min_relevance=0, response_format="detailed")]
    async with connect() as client:
        for tool, arguments in {
            "list_entities_of_type": {"entity_type": "city"},
            "get_document": {"document_id": "long", "entity_type": "island"},
            "verify_documents": {"entity_type": "city", "document_ids": ["long", "nowhere"]},
            "extract_entities": {"entity_types": ["city"], "texts": ["Oslo."]},
        }.items():
            answers.append(await client.call_tool(tool, arguments))
    assert not any(answer.is_error for answer in answers)
    assert not any("null" in json.dumps(answer.structured_content) for answer in answers)
