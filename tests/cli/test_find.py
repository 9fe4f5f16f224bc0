import csv
import json
import re
from pathlib import Path

import pytest

from nerret_tools import EntityIndex

DEMO = Path(__file__).parents[2] / "demo"


@pytest.fixture(scope="module")
def find(answer):
    return lambda index, *arguments: answer("find", *arguments, "--index", index)


def ids(answer):
    return [hit["document_id"] for hit in answer["hits"]]


def test_the_demos_types_are_found(nerret, demo_index, corpus):
    types = json.loads((DEMO / "types.json").read_text(encoding="utf-8"))
    shares, listed, right = [], 0, 0
    with EntityIndex.open(demo_index, create=False) as index:
        for label, description in types.items():
            if description is not None:
                relevant = {name for name, line in corpus.items() if label in {e["type"] for e in line["entities"]}}
                ranking = [hit.document_id for hit in index.find(description, min_relevance=0).hits]
                shares.append(len(relevant.intersection(ranking[: len(relevant)])) / len(relevant))
                found = {hit.document_id for hit in index.find(description).hits}
                listed, right = listed + len(found), right + len(found & relevant)
    assert sum(shares) / len(shares) > 0.5  # by chance 0.03
    assert right / listed > 0.3


def test_the_evidence_is_in_the_answer(find, demo_index, corpus):
    for hit in find(demo_index, "dinosaur")["hits"]:
        text = corpus[hit["document_id"]]["text"]
        assert hit["mentions"][0]["text"] in hit["snippet"]
        assert "document" not in hit
        assert all(text[one["start"] : one["end"]] == one["text"] for one in hit["mentions"])
        assert hit["metadata"] == {"topic": corpus[hit["document_id"]]["topic"]}


def test_the_table_says_how_many_and_marks_the_mention(nerret, demo_index):
    result = nerret("find", "dinosaur", "--index", demo_index)
    assert result.exit_code == 0
    first, header, *rows = result.stdout.splitlines()
    assert re.search(r"“dinosaur” \(relevance ≥ 0\.\d\d\)$", first)
    assert header.split() == ["#", "relevance", "id", "place", "text"]
    assert any("[Microraptor]" in row or "[Stegosaurus]" in row for row in rows)


def test_pages_join_up_to_the_whole_list(find, demo_index):
    ask = (demo_index, "city", "--min-relevance", "0")
    everything = ids(find(*ask, "--all"))
    assert len(everything) > 100
    pages = [find(*ask, "--limit", "60")]
    while pages[-1]["next_cursor"] is not None:
        pages.append(find(*ask, "--limit", "60", "--cursor", pages[-1]["next_cursor"]))
    assert [name for page in pages for name in ids(page)] == everything


def test_a_cut_page_says_how_to_get_the_next_one_on_stderr(nerret, demo_index):
    ask = ("find", "city", "--index", demo_index, "--min-relevance", "0", "--limit", "2")
    result = nerret(*ask)
    assert "--all" in result.stderr
    assert "cursor" not in result.stdout
    following = nerret(*ask, "--cursor", result.stderr.split("--cursor ")[1].split()[0])
    assert following.exit_code == 0
    assert following.stdout.splitlines()[1].split() == ["relevance", "id", "place", "text"]


def test_a_filter_leaves_only_its_documents(find, demo_index, corpus):
    found = ids(find(demo_index, "dinosaur", "--min-relevance", "0", "--all", "--where", "topic=travel"))
    assert {corpus[name]["topic"] for name in found} == {"travel"}


def test_filters_are_typed_and_must_all_hold(find, small_index):
    ask = (small_index, "mountain", "--min-relevance", "0")
    assert set(ids(find(*ask, "--where", "year=1991"))) == {"klm", "lizard"}
    assert ids(find(*ask, "--where", "year=1991", "--where", "year=1990")) == []
    assert ids(find(*ask, "--where", 'year="1991"')) == []


def test_nothing_found_is_no_failure(nerret, demo_index):
    result = nerret("find", "dinosaur", "--index", demo_index, "--where", "topic=nowhere")
    assert result.exit_code == 0
    assert result.stdout.startswith("No document mentions “dinosaur”")


def test_a_score_as_the_cut_off_is_shown_as_such(nerret, demo_index):
    result = nerret("find", "dinosaur", "--index", demo_index, "--min-score", "0.1")
    assert "(score ≥ 0.10)" in result.stdout.splitlines()[0]
    assert result.stdout.splitlines()[1].split() == ["#", "score", "id", "place", "text"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ((), "which entity type?"),
        (("",), "empty"),
        (("   ",), "empty"),
        (("123",), "no letters"),
        (("x" * 10_000,), "10,000 characters"),
        (("dinosaur", "--limit", "0"), "limit"),
        (("dinosaur", "--limit", "many"), "limit"),
        (("dinosaur", "--min-relevance", "7"), "relevance"),
        (("dinosaur", "--where", "topic"), "key=value"),
        (("dinosaur", "--cursor", "nonsense"), "cursor"),
        (("dinosaur", "city", "--cursor", "x"), "cursor"),
        (("dinosaur", "--no-such-option"), "--no-such-option"),
        (("dinosaur", "--scan-dtype", "int4"), "int4"),
        (("dinosaur", "--fields", "text"), "--fields"),
        (("dinosaur", "--json", "--csv"), "--csv"),
        (("dinosaur", "bird", "--none", "fossil"), "name one at most"),
        (("--all", "city", "--none", "City"), "'city' is in all_of and in none_of"),
        (("--none", "city"), "nothing is asked for"),
    ],
)
def test_wrong_input_exits_2_with_a_reason_and_no_traceback(refused, demo_index, wrong, said):
    refused(said, "find", *wrong, "--index", demo_index)


def test_an_index_that_is_not_there_or_not_named_is_told_and_not_created(refused, tmp_path):
    refused("missing", "find", "dinosaur", "--index", tmp_path / "missing", code=1)
    refused("--index", "find", "dinosaur")
    assert not (tmp_path / "missing").exists()


def test_several_types_are_answered_at_once(nerret, find, demo_index):
    alone = [find(demo_index, kind, "--limit", "3") for kind in ("dinosaur", "city")]
    together = find(demo_index, "dinosaur", "city", "--limit", "3")["answers"]
    for one, other in zip(together, alone, strict=True):
        assert (one["entity_type"], one["total"], ids(one)) == (other["entity_type"], other["total"], ids(other))
        scores, expected = ([hit["score"] for hit in found["hits"]] for found in (one, other))
        assert scores == pytest.approx(expected, abs=5e-6)
    shown = nerret("find", "dinosaur", "city", "--index", demo_index).stdout
    assert "“dinosaur”" in shown
    assert "“city”" in shown


def test_fields_are_chosen_and_csv_is_a_row_a_document(nerret, find, demo_index, corpus):
    ask = ("dinosaur", "--limit", "3")
    for hit in find(demo_index, *ask, "--fields", "document_id, text,topic")["hits"]:
        line = corpus[hit["document_id"]]
        assert hit == {"document_id": line["id"], "text": line["text"], "topic": line["topic"]}
    listed = nerret("find", *ask, "airline", "--index", demo_index, "--csv")
    rows = list(csv.DictReader(listed.stdout.splitlines()))
    assert [row["entity_type"] for row in rows] == ["dinosaur"] * 3 + ["airline"] * 3
    for row in rows:
        assert corpus[row["document_id"]]["text"][int(row["start"]) : int(row["end"])] == row["mention"]


def test_a_field_that_no_document_has_is_said(nerret, small_index):
    ask = ("mountain", "--index", small_index, "--min-relevance", "0")
    missed = nerret("find", *ask, "--where", "yaer=1990", "--where", "year=1990")
    assert missed.exit_code == 0
    assert "'yaer'" in missed.stderr
    assert "there are: year" in missed.stderr
    assert nerret("find", *ask, "--where", "year=1889").stderr == ""


def test_duplicates_are_one_row_on_request(nerret, find, small_index, tmp_path):
    (tmp_path / "again.jsonl").write_text('{"id": "copy", "text": "KLM flies  to QUITO."}\n')
    nerret("index", tmp_path / "again.jsonl", "--index", small_index)
    ask = (small_index, "airline", "--min-relevance", "0")
    grouped = find(*ask, "--group-duplicates")
    assert (find(*ask)["total"], grouped["total"]) == (4, 3)
    assert {"klm", "copy"} in [{hit["document_id"], *hit["duplicates"]} for hit in grouped["hits"]]


def test_types_are_combined(find, demo_index):
    either = ids(find(demo_index, "--any", "dinosaur", "--any", "airline", "--min-relevance", "0.01", "--all"))
    for entity_type in ("dinosaur", "airline"):
        assert set(ids(find(demo_index, entity_type, "--limit", "5"))) <= set(either)
    least = ("--min-relevance", "0.4", "--all")
    rest = find(demo_index, "city", "--none", "capital city", "--scope", "document", *least)
    assert rest["entity_type"] == "all of city; none of capital city; in one document"
    assert set(ids(rest)) < set(ids(find(demo_index, "city", *least)))
