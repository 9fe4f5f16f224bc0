"""Asking an index: order, pages, cut-offs, evidence, and what cannot be asked."""

import numpy as np
import pytest

from nerret_tools import Document, EntityIndex, Span
from nerret_tools.errors import CursorError, EntityTypeError, FilterError
from nerret_tools.scan import rounded


def ids(result):
    return [hit.document_id for hit in result.hits]


def test_the_best_document_has_the_type_and_shows_its_mention(index):
    for entity_type, expected, surfaces in [
        ("dinosaur", {"dino-1", "dino-2"}, {"Microraptor", "Stegosaurus"}),
        ("airline", {"air-1", "air-2"}, {"Lufthansa", "Qantas"}),
        ("river", {"river-1"}, {"Orinoco"}),
    ]:
        best = index.find(entity_type, min_relevance=0).hits[: len(expected)]
        assert {hit.document_id for hit in best} == expected
        assert {hit.mentions[0].text for hit in best} == surfaces


def test_scores_are_the_cosines_of_the_best_mention_by_brute_force(tmp_path, documents):
    with EntityIndex.open(tmp_path / "exact", precision="float32") as index:  # bfloat16 depends on the batch
        index.add(documents)
        model = index.load_model()
        result = index.find("airline", min_relevance=0)
    query = model.encode_types(["airline"])[0].astype(np.float64)
    encoded = model.encode([one.text for one in documents], [None] * len(documents))
    best = {
        one.id: float((rounded(found.embeddings).astype(np.float64) @ query).max())
        for one, found in zip(documents, encoded, strict=True)
        if len(found.embeddings)
    }
    assert {hit.document_id: hit.score for hit in result.hits} == pytest.approx(best, abs=1e-5)
    assert [hit.score for hit in result.hits] == sorted((hit.score for hit in result.hits), reverse=True)
    assert all(hit.score == hit.mentions[0].score for hit in result.hits)


def test_a_document_without_a_mention_is_never_listed(own_index):
    own_index.add([Document(id="none", text="Lufthansa cancelled every flight.", spans=[])])
    assert own_index.get(["none"])
    assert "none" not in ids(own_index.find("airline", min_relevance=0))


def test_named_documents_are_ranked_among_themselves_with_the_scores_they_have(index):
    whole = {hit.document_id: hit.score for hit in index.find("airline", min_relevance=0).hits}
    asked = ["river-1", "dino-2", "nowhere", "air-1"]
    found = index.find("airline", min_relevance=0, ids=asked)
    assert {hit.document_id: hit.score for hit in found.hits} == {key: whole[key] for key in asked if key in whole}
    assert ids(found)[0] == "air-1"
    assert ids(index.find("airline", min_relevance=0, ids=asked, where={"kind": "dino"})) == ["dino-2"]
    cursor = index.find("airline", min_relevance=0, ids=asked, limit=1).next_cursor
    assert ids(index.find("airline", min_relevance=0, ids=asked, cursor=cursor)) == ids(found)[1:2]
    with pytest.raises(CursorError):
        index.find("airline", min_relevance=0, cursor=cursor)
    with pytest.raises(FilterError, match="pass \\[id\\]"):
        index.find("airline", ids="air-1")


def test_pages_of_any_size_add_up_to_the_whole(index):
    whole = index.find("airline", min_relevance=0)
    assert whole.next_cursor is None
    for size in (1, 2, 4, 100):
        seen, cursor = [], None
        while True:
            page = index.find("airline", min_relevance=0, limit=size, cursor=cursor)
            assert page.total == whole.total
            seen += ids(page)
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == ids(whole)


def test_a_cursor_remembers_the_page_size(index):
    first = index.find("airline", min_relevance=0, limit=2)
    second = index.find("airline", min_relevance=0, cursor=first.next_cursor)
    assert len(second.hits) == 2


def test_every_hit_has_the_cursor_behind_it(index):
    whole = index.find("airline", min_relevance=0)
    assert whole.hits[-1].cursor is None
    for place, hit in enumerate(whole.hits[:-1], start=1):
        assert ids(index.find("airline", min_relevance=0, cursor=hit.cursor)) == ids(whole)[place:]
    paged = index.find("airline", min_relevance=0, limit=3)
    assert paged.hits[-1].cursor == paged.next_cursor
    assert ids(index.find("airline", min_relevance=0, cursor=paged.hits[0].cursor)) == ids(whole)[1:4]


def test_a_cursor_of_another_search_or_of_a_changed_index_is_refused(own_index):
    cursor = own_index.find("airline", min_relevance=0, limit=1).next_cursor
    with pytest.raises(CursorError, match="another search"):
        own_index.find("dinosaur", min_relevance=0, cursor=cursor)
    with pytest.raises(CursorError, match="another search"):
        own_index.find("airline", cursor=cursor, min_relevance=0, where={"kind": "air"})
    with pytest.raises(CursorError, match="damaged"):
        own_index.find("airline", min_relevance=0, cursor=cursor[:-3])
    own_index.add([Document(id="new", text="KLM flies to Quito.")])
    with pytest.raises(CursorError, match="changed"):
        own_index.find("airline", min_relevance=0, cursor=cursor)


def test_a_cursor_does_not_survive_a_rebuilt_index(tmp_path, documents):
    with EntityIndex.open(tmp_path / "one") as one, EntityIndex.open(tmp_path / "two") as two:
        one.add(documents)
        two.add(documents)
        cursor = one.find("airline", min_relevance=0, limit=1).next_cursor
        with pytest.raises(CursorError, match="another index"):
            two.find("airline", min_relevance=0, cursor=cursor)


def test_the_default_cut_off_lies_between_nothing_and_everything(index):
    everything = index.find("dinosaur", min_relevance=0)
    listed = index.find("dinosaur")
    assert "dino-2" in ids(listed)
    assert listed.total < everything.total
    assert all(hit.relevance >= listed.min_relevance for hit in listed.hits)
    assert index.find("dinosaur", min_relevance=1).hits == []


def test_a_recall_chooses_the_cut_off_and_the_answer_says_what_it_leaves_out(index):
    lists = [index.find("airline", recall=share) for share in (0.5, 0.9, 1)]
    for share, found in zip((0.5, 0.9, 1), lists, strict=True):
        assert found.expected_recall >= share
        assert found.expected_relevant == pytest.approx(sum(hit.relevance for hit in found.hits), abs=0.01)
        assert ids(index.find("airline", min_relevance=found.min_relevance)) == ids(found)
    assert lists[0].total <= lists[1].total <= lists[2].total
    rest = index.find("airline", min_relevance=0, max_relevance=lists[0].min_relevance)
    assert ids(lists[0]) + ids(rest) == ids(index.find("airline", min_relevance=0))


def test_a_minimal_score_replaces_the_default_cut_off(index):
    everything = index.find("dinosaur", min_relevance=0)
    border = everything.hits[2].score
    assert ids(index.find("dinosaur", min_score=border)) == ids(everything)[:3]
    assert index.find("dinosaur", min_score=-1).total == everything.total


def test_metadata_can_be_filtered(index):
    assert set(ids(index.find("airline", min_relevance=0, where={"kind": "air"}))) == {"air-1", "air-2"}
    longest = index.find("airline", min_relevance=0, where={"length": {"$gt": 52}})
    assert set(ids(longest)) <= {"dino-1", "dino-2"}
    assert index.find("airline", where={"kind": "nothing"}).total == 0


def test_several_types_at_once_give_the_single_answers(index):
    many = index.find_many(["dinosaur", "airline"], min_relevance=0)
    assert [one.entity_type for one in many] == ["dinosaur", "airline"]
    for one in many:
        single = index.find(one.entity_type, min_relevance=0)
        assert ids(one) == ids(single)
        assert [hit.score for hit in one.hits] == pytest.approx([hit.score for hit in single.hits], abs=1e-6)
    assert index.find_many([]) == []


def test_letter_case_and_white_space_of_the_type_do_not_matter(index):
    plain = index.find("airline", min_relevance=0)
    for variant in ("Airline", "  AIRLINE\n"):
        other = index.find(variant, min_relevance=0)
        assert ids(other) == ids(plain)
        assert [hit.score for hit in other.hits] == [hit.score for hit in plain.hits]


def test_identical_documents_tie_and_are_ordered_by_id(tmp_path):
    with EntityIndex.open(tmp_path / "ties") as index:
        text = "Lufthansa cancelled every flight to Lima on Monday."
        index.add([Document(id=name, text=text, spans=[(0, 9)]) for name in ("b", "a", "c")])
        result = index.find("airline", min_relevance=0)
        assert ids(result) == ["a", "b", "c"]
        assert len({hit.score for hit in result.hits}) == 1


@pytest.mark.parametrize(
    ("entity_type", "message"),
    [("", "empty"), ("  \n", "empty"), ("x" * 10_000, "10,000 characters"), ("12 + 3", "no letters")],
)
def test_what_is_no_type_is_refused(index, entity_type, message):
    with pytest.raises(EntityTypeError, match=message):
        index.find(entity_type)


def test_a_type_in_another_script_is_a_type(index):
    assert index.find("恐竜", min_relevance=0).total == index.find("dinosaur", min_relevance=0).total


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limit": 0}, "limit 0"),
        ({"limit": "5"}, r"limit must be a whole number, not '5' \(str\)"),
        ({"limit": True}, "limit must be a whole number"),
        ({"limit": 2.5}, "limit must be a whole number, not float"),
        ({"recall": 0}, "recall 0 is not over 0"),
        ({"recall": 1.5}, "recall 1.5"),
        ({"recall": 0.9, "min_relevance": 0.1}, "leave out min_relevance"),
        ({"max_relevance": 0.2, "min_relevance": 0.2}, "not over min_relevance"),
        ({"min_relevance": "high"}, "min_relevance must be a number"),
        ({"min_score": [1]}, "min_score must be a number, not list"),
        ({"max_mentions": None}, "max_mentions must be a whole number"),
        ({"where": "kind=air"}, "where must be a mapping"),
        ({"cursor": 3}, "a cursor is text, not int"),
        ({"min_relevance": 1.5}, "min_relevance 1.5"),
        ({"min_score": float("nan")}, "min_score nan"),
        ({"max_mentions": -1}, "max_mentions -1"),
        ({"where": {"kind": {"$like": "a"}}}, "where"),
        ({"cursor": "nonsense"}, "damaged"),
    ],
)
def test_options_that_cannot_be_used_are_named(index, options, message):
    with pytest.raises((FilterError, CursorError), match=message):
        index.find("dinosaur", **options)


def test_an_empty_index_answers_with_nothing(tmp_path):
    with EntityIndex.open(tmp_path / "empty") as index:
        assert index.find("dinosaur").total == 0
        assert index.find("dinosaur", min_relevance=0).hits == []
        assert index.stats().mentions == 0


def test_own_spans_replace_detection(tmp_path):
    with EntityIndex.open(tmp_path / "own") as index:
        text = "The pilots of Qantas went back to work."
        index.add([Document(id="own", text=text, spans=[Span(start=4, end=10), (14, 20)])])
        assert [mention.text for mention in index.mentions("own")] == ["pilots", "Qantas"]
        index.add([Document(id="none", text=text, spans=[])])
        assert index.mentions("none") == []
        assert index.get(["none"])[0].text == text


def test_the_complete_ranking_without_evidence_is_the_same(index):
    (ranked_ids, scores, relevances), other = index.rank_many(["airline", "dinosaur"])
    result = index.find("airline", min_relevance=0)
    assert ranked_ids == ids(result)
    assert scores.tolist() == pytest.approx([hit.score for hit in result.hits], abs=1e-6)
    assert relevances.tolist() == pytest.approx([hit.relevance for hit in result.hits], abs=1e-5)
    assert set(other.ids) == set(ranked_ids)


def test_ids_of_all_documents_can_be_listed_with_and_without_a_filter(index, documents):
    assert index.ids() == sorted(one.id for one in documents)
    assert index.ids({"kind": "air"}) == ["air-1", "air-2"]


def test_a_sample_of_mentions_has_their_embeddings_and_what_speaks_for_the_asked_type(own_index):
    whole = own_index.sample(1_000, "dinosaur")
    assert len(whole.mentions) == own_index.stats().mentions == len(whole.embeddings)
    assert whole.documents_with_mentions == len(set(whole.document_ids))
    texts = {one.id: one.text for one in own_index.get(whole.document_ids)}
    query = own_index.load_model().encode_types(["dinosaur"])[0]
    best = {hit.document_id: hit for hit in own_index.find("dinosaur", min_relevance=0).hits}
    for one, document_id, vector, relevance in zip(
        whole.mentions, whole.document_ids, whole.embeddings, whole.relevances, strict=True
    ):
        assert texts[document_id][one.start : one.end] == one.text
        assert one.archetype
        assert one.score == pytest.approx(float(vector @ query), abs=1e-5) or one.generic
        assert relevance <= best[document_id].relevance + 1e-9
    few = own_index.sample(3)
    assert few.relevances is None
    assert len(few.mentions) == 3
    assert {one.text for one in few.mentions} <= {one.text for one in whole.mentions}
    assert own_index.sample(3).document_ids == few.document_ids
    own_index.delete(["dino-1"])
    assert "dino-1" not in own_index.sample(1_000).document_ids
