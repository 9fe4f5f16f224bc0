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
        assert hit["document"]["text"] == text
        for mention in hit["mentions"]:
            assert text[mention["start"] : mention["end"]] == mention["text"]
        assert hit["document"]["metadata"] == {"topic": corpus[hit["document_id"]]["topic"]}


def test_the_table_says_how_many_and_marks_the_mention(nerret, demo_index):
    result = nerret("find", "dinosaur", "--index", demo_index)
    assert result.exit_code == 0
    first, header, *rows = result.stdout.splitlines()
    assert re.search(r"“dinosaur” \(relevance ≥ 0\.\d\d\)$", first)
    assert header.split() == ["#", "relevance", "id", "text"]
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
    assert following.stdout.splitlines()[1].split() == ["relevance", "id", "text"]


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
    assert result.stdout.splitlines()[1].split() == ["#", "score", "id", "text"]


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


def test_int8_gives_the_same_answer_and_another_format_is_wrong_usage(nerret, demo_index):
    assert find(nerret, demo_index, "dinosaur", "--scan-dtype", "int8") == find(nerret, demo_index, "dinosaur")
    assert nerret("find", "dinosaur", "--index", demo_index, "--scan-dtype", "int4").exit_code == 2
