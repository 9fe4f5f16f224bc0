"""`EntityIndex.review` over a real index: every document is in it, and a change of the index ends it."""

import pytest

from nerret_tools import EntityIndex, EntityQuery
from nerret_tools.errors import EntityTypeError, ReviewError


@pytest.fixture
def file(tmp_path):
    return tmp_path / "airline.review.jsonl"


def is_airline(one):
    return one.document.id.startswith("air")


def test_documents_without_a_mention_are_handed_out_too(index, file):
    seen = {}

    def judge(one):
        seen[one.document.id] = one
        return is_airline(one)

    status = index.review("airline", file=file, reviewer="ann", seed=1).run(judge)
    assert (status.done, status.found) == (True, 2)
    assert set(seen) == set(index.ids()), "so small a collection has to be read as a whole"
    assert not seen["plain"].mentions
    assert seen["plain"].relevance == 0
    best = seen["air-1"]
    assert best.document == index.get(["air-1"])[0]
    assert best.mentions[0].text == best.document.text[best.mentions[0].start : best.mentions[0].end] == "Lufthansa"


def test_the_ranking_comes_first(index, file):
    (first,) = index.review("airline", file=file).next()
    assert first.document.id == index.find("airline", limit=1).hits[0].document_id
    assert not first.by_chance


def test_an_index_that_was_opened_by_another_one_is_only_read(index, file):
    with EntityIndex.open(index.stats().location, create=False) as reader:
        generation = reader.stats().generation
        assert reader.review("airline", file=file).run(is_airline).done
        assert reader.stats().generation == generation


@pytest.mark.parametrize("change", ["delete", "add"])
def test_a_change_in_mid_review_ends_it_and_keeps_the_file(own_index, file, change):
    review = own_index.review("airline", file=file, reviewer="ann")
    (one,) = review.next()
    if change == "delete":
        own_index.delete(["river-1"])
    else:
        own_index.add([{"id": "new", "text": "KLM flies to Quito."}])
    review.judge(one.document.id, "yes")
    with pytest.raises(ReviewError, match="the index has generation"):
        review.next()
    with pytest.raises(ReviewError, match="Begin another review"):
        own_index.review("airline", file=file)
    assert '"verdict":"yes"' in file.read_text(encoding="utf-8")


def test_an_empty_index_and_types_that_are_none_are_refused(index, file, tmp_path):
    with EntityIndex.open(tmp_path / "empty") as empty, pytest.raises(ReviewError, match="no documents"):
        empty.review("airline", file=file)
    for nothing in ("", "123"):
        with pytest.raises(EntityTypeError):
            index.review(nothing, file=file)
    assert not file.exists()


def test_a_combination_of_types_is_reviewed_under_its_name_in_words(index, file):
    asked = EntityQuery(any_of=["airline", "dinosaur"], none_of=["river"])
    review = index.review(asked, file=file)
    assert review.run(lambda one: not one.document.id.startswith(("river", "plain"))).found == 4
    assert review.entity_type == str(asked)
    with pytest.raises(ReviewError, match="of the type"):
        index.review("airline", file=file)
