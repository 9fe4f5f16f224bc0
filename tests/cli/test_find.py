import csv
import json
import re
from pathlib import Path

import pytest

from nerret_tools import EntityIndex

DEMO = Path(__file__).parents[2] / "demo"


def find(nerret, index, *arguments):
    result = nerret("find", *arguments, "--index", index, "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return json.loads(result.stdout)


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


def test_the_evidence_is_in_the_answer(nerret, demo_index, corpus):
    for hit in find(nerret, demo_index, "dinosaur")["hits"]:
        text = corpus[hit["document_id"]]["text"]
        assert hit["mentions"][0]["text"] in hit["snippet"]
        assert "document" not in hit
        for mention in hit["mentions"]:
            assert text[mention["start"] : mention["end"]] == mention["text"]
        assert hit["metadata"] == {"topic": corpus[hit["document_id"]]["topic"]}


def test_the_table_says_how_many_and_marks_the_mention(nerret, demo_index):
    result = nerret("find", "dinosaur", "--index", demo_index)
    assert result.exit_code == 0
    first, header, *rows = result.stdout.splitlines()
    assert re.search(r"“dinosaur” \(relevance ≥ 0\.\d\d\)$", first)
    assert header.split() == ["#", "relevance", "id", "place", "text"]
    assert any("[Microraptor]" in row or "[Stegosaurus]" in row for row in rows)


def test_pages_join_up_to_the_whole_list(nerret, demo_index):
    everything = ids(find(nerret, demo_index, "city", "--all", "--min-relevance", "0"))
    assert len(everything) > 100
    joined, cursor = [], []
    while True:
        page = find(nerret, demo_index, "city", "--limit", "60", "--min-relevance", "0", *cursor)
        joined += ids(page)
        if page["next_cursor"] is None:
            break
        cursor = ["--cursor", page["next_cursor"]]
    assert joined == everything


def test_a_cut_page_says_how_to_get_the_next_one_on_stderr(nerret, demo_index):
    result = nerret("find", "city", "--index", demo_index, "--min-relevance", "0", "--limit", "2")
    assert "--cursor" in result.stderr
    assert "--all" in result.stderr
    assert "cursor" not in result.stdout
    cursor = result.stderr.split("--cursor ")[1].split()[0]
    following = nerret(
        "find", "city", "--index", demo_index, "--min-relevance", "0", "--limit", "2", "--cursor", cursor
    )
    assert following.exit_code == 0
    assert following.stdout.splitlines()[1].split() == ["relevance", "id", "place", "text"]


def test_a_filter_leaves_only_its_documents(nerret, demo_index, corpus):
    answer = find(nerret, demo_index, "dinosaur", "--min-relevance", "0", "--all", "--where", "topic=travel")
    assert ids(answer)
    assert {corpus[name]["topic"] for name in ids(answer)} == {"travel"}


def test_filters_are_typed_and_must_all_hold(nerret, small_index):
    ask = ("mountain", "--min-relevance", "0")
    assert set(ids(find(nerret, small_index, *ask, "--where", "year=1991"))) == {"klm", "lizard"}
    assert ids(find(nerret, small_index, *ask, "--where", "year=1991", "--where", "year=1990")) == []
    assert ids(find(nerret, small_index, *ask, "--where", 'year="1991"')) == []


def test_nothing_found_is_no_failure(nerret, demo_index):
    result = nerret("find", "dinosaur", "--index", demo_index, "--where", "topic=nowhere")
    assert result.exit_code == 0
    assert result.stdout.startswith("No document mentions “dinosaur”")


def test_a_score_as_the_cut_off_is_shown_as_such(nerret, demo_index):
    result = nerret("find", "dinosaur", "--index", demo_index, "--min-score", "0.1")
    assert "(score ≥ 0.10)" in result.stdout.splitlines()[0]
    assert result.stdout.splitlines()[1].split() == ["#", "score", "id", "place", "text"]


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ("",),
        ("   ",),
        ("123",),
        ("x" * 10_000,),
        ("dinosaur", "--limit", "0"),
        ("dinosaur", "--limit", "many"),
        ("dinosaur", "--min-relevance", "7"),
        ("dinosaur", "--where", "topic"),
        ("dinosaur", "--cursor", "nonsense"),
        ("dinosaur", "--no-such-option"),
    ],
)
def test_wrong_input_exits_2_with_a_reason_and_no_traceback(nerret, demo_index, wrong):
    result = nerret("find", *wrong, "--index", demo_index)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr


def test_an_index_that_is_not_there_exits_1_and_is_not_created(nerret, tmp_path):
    result = nerret("find", "dinosaur", "--index", tmp_path / "missing")
    assert result.exit_code == 1
    assert "missing" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "missing").exists()


def test_without_an_index_the_option_is_named(nerret):
    result = nerret("find", "dinosaur")
    assert result.exit_code == 2
    assert "--index" in result.stderr


def test_several_types_are_answered_at_once(nerret, demo_index):
    alone = [find(nerret, demo_index, kind, "--limit", "3") for kind in ("dinosaur", "city")]
    together = find(nerret, demo_index, "dinosaur", "city", "--limit", "3")["answers"]
    for one, other in zip(together, alone, strict=True):
        assert (one["entity_type"], one["total"], ids(one)) == (other["entity_type"], other["total"], ids(other))
        scores, expected = ([hit["score"] for hit in answer["hits"]] for answer in (one, other))
        assert scores == pytest.approx(expected, abs=5e-6)
    shown = nerret("find", "dinosaur", "city", "--index", demo_index).stdout
    assert "“dinosaur”" in shown
    assert "“city”" in shown
    assert nerret("find", "dinosaur", "city", "--index", demo_index, "--cursor", "x").exit_code == 2


def test_fields_are_chosen_and_csv_is_a_row_a_document(nerret, demo_index, corpus):
    ask = ("dinosaur", "--limit", "3")
    chosen = find(nerret, demo_index, *ask, "--fields", "document_id, text,topic")
    for hit in chosen["hits"]:
        line = corpus[hit["document_id"]]
        assert hit == {"document_id": line["id"], "text": line["text"], "topic": line["topic"]}
    listed = nerret("find", *ask, "airline", "--index", demo_index, "--csv")
    rows = list(csv.DictReader(listed.stdout.splitlines()))
    assert [row["entity_type"] for row in rows] == ["dinosaur"] * 3 + ["airline"] * 3
    for row in rows:
        text = corpus[row["document_id"]]["text"]
        assert text[int(row["start"]) : int(row["end"])] == row["mention"]
    assert nerret("find", *ask, "--index", demo_index, "--fields", "text").exit_code == 2
    assert nerret("find", *ask, "--index", demo_index, "--json", "--csv").exit_code == 2


def test_a_field_that_no_document_has_is_said(nerret, small_index):
    ask = ("mountain", "--index", small_index, "--min-relevance", "0")
    missed = nerret("find", *ask, "--where", "yaer=1990", "--where", "year=1990")
    assert missed.exit_code == 0
    assert "'yaer'" in missed.stderr
    assert "there are: year" in missed.stderr
    assert nerret("find", *ask, "--where", "year=1889").stderr == ""


def test_duplicates_are_one_row_on_request(nerret, small_index, tmp_path):
    again = tmp_path / "again.jsonl"
    again.write_text('{"id": "copy", "text": "KLM flies  to QUITO."}\n')
    nerret("index", again, "--index", small_index)
    ask = ("airline", "--min-relevance", "0")
    assert find(nerret, small_index, *ask)["total"] == 4
    grouped = find(nerret, small_index, *ask, "--group-duplicates")
    assert grouped["total"] == 3
    together = [{hit["document_id"], *hit["duplicates"]} for hit in grouped["hits"]]
    assert {"klm", "copy"} in together


def test_int8_gives_the_same_answer_and_another_format_is_wrong_usage(nerret, demo_index):
    assert find(nerret, demo_index, "dinosaur", "--scan-dtype", "int8") == find(nerret, demo_index, "dinosaur")
    assert nerret("find", "dinosaur", "--index", demo_index, "--scan-dtype", "int4").exit_code == 2


def test_types_are_combined(nerret, demo_index):
    either = ids(find(nerret, demo_index, "--any", "dinosaur", "--any", "airline", "--min-relevance", "0.01", "--all"))
    for entity_type in ("dinosaur", "airline"):
        assert set(ids(find(nerret, demo_index, entity_type, "--limit", "5"))) <= set(either)
    least = ("--min-relevance", "0.4", "--all")
    rest = find(nerret, demo_index, "city", "--none", "capital city", "--scope", "document", *least)
    assert rest["entity_type"] == "all of city; none of capital city; in one document"
    assert set(ids(rest)) < set(ids(find(nerret, demo_index, "city", *least)))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "which entity type?"),
        (("dinosaur", "bird", "--none", "fossil"), "name one at most"),
        (("--all", "city", "--none", "City"), "'city' is in all_of and in none_of"),
        (("--none", "city"), "nothing is asked for"),
    ],
)
def test_a_combination_that_cannot_be_asked_is_explained(nerret, demo_index, arguments, said):
    result = nerret("find", *arguments, "--index", demo_index)
    assert result.exit_code == 2
    assert said in result.stderr
