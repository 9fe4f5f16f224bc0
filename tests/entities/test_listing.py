"""`EntityIndex.entities`: every entity of a type once, counted over the whole index."""

import asyncio
from collections import Counter

import pytest

from nerret_tools import Document, EntityIndex
from nerret_tools.errors import CursorError, EntityTypeError, FilterError
from tests.marked import marked

MARKED = {
    "a1": "{Angela Merkel} met {Jacques Chirac} . {Merkel} smiled , {Merkel} left .",
    "a2": "The politician {Angela Merkel's} speech and {Tony Blair} .",
    "a3": "In parliament {Merkel} answered {Blair} ; the {politicians} listened .",
    "b1": "{Jacques Chirac} , {Tony Blair} and {TONY BLAIR} sat down .",
    "b2": "Nothing here .",
}


DOCUMENTS = [marked(name, text, part=name[0]) for name, text in MARKED.items()]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    with EntityIndex.open(tmp_path_factory.mktemp("index")) as opened:
        opened.add(DOCUMENTS)
        yield opened


def without_cursors(page):
    return [one.model_copy(update={"cursor": None}) for one in page.entities]


def counts(page):
    return {one.name: (one.document_count, one.mention_count) for one in page.entities}


def test_every_entity_is_listed_once_and_counted_over_the_whole_index(index):
    page = index.entities("politician", min_relevance=0)
    assert counts(page) == {"Angela Merkel": (3, 5), "Jacques Chirac": (2, 2), "Tony Blair": (2, 3), "Blair": (1, 1)}
    assert page.total == 4
    assert page.generic_mentions == 1, "the politicians are nobody"
    assert page.next_cursor is None


def test_names_have_their_reasons_and_evidence_is_of_distinct_documents(index):
    merkel = next(one for one in index.entities("politician", min_relevance=0).entities if "Merkel" in one.name)
    assert {one.text: (one.count, one.reason) for one in merkel.surfaces} == {
        "Angela Merkel": (1, ""),
        "Merkel": (3, 'short form of "Angela Merkel" in a1'),
        "Angela Merkel's": (1, "possessive"),
    }
    assert sorted(one.document_id for one in merkel.evidence) == ["a1", "a2", "a3"]
    texts = {one.id: one.text for one in DOCUMENTS}
    assert all(texts[one.document_id][one.start : one.end] == one.text for one in merkel.evidence)
    assert all(one.text in one.snippet for one in merkel.evidence)
    assert merkel.score == max(one.score for one in merkel.evidence)
    assert 0 <= merkel.relevance <= 1


def test_the_cut_off_is_that_of_find(index):
    page, found = index.entities("politician"), index.find("politician")
    assert page.min_relevance == found.min_relevance
    shown = Counter(hit.document_id for hit in found.hits)
    assert {one.document_id for entity in page.entities for one in entity.evidence} <= set(shown)
    assert all(entity.relevance >= page.min_relevance for entity in page.entities)


def test_a_recall_chooses_the_cut_off_as_for_documents(index):
    few, many = (index.entities("politician", recall=share) for share in (0.01, 1.0))
    assert few.min_relevance == index.find("politician", recall=0.01).min_relevance > many.min_relevance
    names = [
        {surface.text for surface in one.surfaces} for one in many.entities
    ]  # more mentions may bring a longer name
    assert few.total < many.total
    assert all(one.name in names[place] for place, one in enumerate(few.entities))
    with pytest.raises(FilterError, match=r"recall 1\.5"):
        index.entities("politician", recall=1.5)


@pytest.mark.parametrize("limit", [1, 2, 3, 9])
def test_pages_join_up_to_the_whole_list(index, limit):
    whole = index.entities("politician", min_relevance=0)
    joined, cursor = [], None
    while True:
        page = index.entities("politician", min_relevance=0, limit=limit, cursor=cursor)
        assert page.total == whole.total
        joined += without_cursors(page)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert joined == without_cursors(whole)


def test_the_order_in_which_documents_came_does_not_matter(index, tmp_path):
    with EntityIndex.open(tmp_path) as other:
        other.add(DOCUMENTS[::-1])
        other.delete(["a2"])
        other.add(DOCUMENTS[1:2])
        one, two = (each.entities("politician", min_relevance=0) for each in (other, index))
        assert without_cursors(one) == without_cursors(two)


def test_a_filter_counts_its_documents_alone(index):
    page = index.entities("politician", min_relevance=0, where={"part": "b"})
    assert counts(page) == {"Jacques Chirac": (1, 1), "Tony Blair": (1, 2)}


def test_what_is_deleted_is_not_counted(index, tmp_path):
    with EntityIndex.open(tmp_path) as other:
        other.add(DOCUMENTS)
        before = other.entities("politician", min_relevance=0)
        other.delete(["a1"])
        assert counts(other.entities("politician", min_relevance=0)) == {
            "Angela Merkel": (1, 1), "Merkel": (1, 1), "Jacques Chirac": (1, 1), "Tony Blair": (2, 3), "Blair": (1, 1),
        }  # fmt: skip
        other.add(DOCUMENTS)
        assert without_cursors(other.entities("politician", min_relevance=0)) == without_cursors(before)


def test_of_overlapping_mentions_one_counts_and_of_a_list_its_names(tmp_path):
    text = "Oslo , Bergen and the port of Bergen harbour ."
    spans = [(0, 13), (0, 4), (7, 13), (30, 36), (30, 44)]
    with EntityIndex.open(tmp_path) as index:
        index.add([Document(id="d", text=text, spans=spans)])
        found = counts(index.entities("city", min_relevance=0))
    assert found["Oslo"] == (1, 1)
    assert "Oslo , Bergen" not in found
    assert sum(mentions for _, mentions in found.values()) == 3


def test_a_cursor_belongs_to_its_list(index):
    cursor = index.entities("politician", min_relevance=0, limit=1).next_cursor
    with pytest.raises(CursorError, match="another search"):
        index.entities("city", min_relevance=0, limit=1, cursor=cursor)
    with pytest.raises(CursorError, match="another search"):
        index.find("politician", min_relevance=0, limit=1, cursor=cursor)
    with pytest.raises(CursorError, match="damaged"):
        index.entities("politician", min_relevance=0, cursor="x" + cursor[1:])


def test_what_cannot_be_asked_is_said(index):
    with pytest.raises(EntityTypeError, match="empty"):
        index.entities(" ")
    with pytest.raises(FilterError, match="not positive"):
        index.entities("city", limit=0)
    with pytest.raises(FilterError, match="not between 0 and 1"):
        index.entities("city", min_relevance=2)


def test_the_asynchronous_twin_answers_alike(index):
    assert asyncio.run(index.aentities("politician", limit=2)) == index.entities("politician", limit=2)


def test_an_empty_index_has_no_entities(tmp_path):
    with EntityIndex.open(tmp_path) as index:
        page = index.entities("politician")
        assert (page.total, page.entities, page.next_cursor) == (0, [], None)
