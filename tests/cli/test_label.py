"""`nerret label`: texts in, entities out; figures where the entities are marked."""

import json

import pytest

TYPES = {"politician": "a person who holds public office", "city": "a large town", "unused": None}
MERKEL = "Angela Merkel studied in Leipzig ."
COLUMNS = [
    ("Angela", "B-politician"), ("Merkel", "I-politician"), ("studied", "O"), ("in", "O"),
    ("Leipzig", "B-city"), (".", "O"),
]  # fmt: skip


@pytest.fixture
def files(tmp_path):
    (tmp_path / "texts.jsonl").write_text(
        json.dumps({"id": "m", "text": MERKEL}) + "\n" + json.dumps({"text": "Nothing ."}) + "\n", encoding="utf-8"
    )
    (tmp_path / "types.json").write_text(json.dumps(TYPES), encoding="utf-8")
    (tmp_path / "marked.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in COLUMNS) + "\n", encoding="utf-8")
    return tmp_path


def lines(result):
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_json_lines_in_json_lines_out(nerret, files):
    first, second = lines(nerret("label", files / "texts.jsonl", "--types", files / "types.json"))
    assert first["id"] == "m"
    merkel = first["entities"][0]
    assert MERKEL[merkel["start"] : merkel["end"]] == merkel["text"] == "Angela Merkel"
    assert merkel["type"] == "politician"
    assert set(merkel) == {"start", "end", "text", "type", "archetype", "relevance"}
    assert second["entities"] == []


def test_columns_can_be_labelled_too(nerret, files):
    (line,) = lines(nerret("label", files / "marked.tsv", "--types", files / "types.json"))
    assert line["entities"][0]["text"] == "Angela Merkel"


def test_columns_are_labelled_and_compared_whatever_the_file_is_called_with_definitions_and_without(nerret, files):
    # CrossNER's files are called like this one
    (files / "test.txt").write_bytes((files / "marked.tsv").read_bytes())
    (files / "names.json").write_text('["politician", "city"]', encoding="utf-8")
    (line,) = lines(nerret("label", files / "test.txt", "--columns", "--types", files / "types.json"))
    assert [one["text"] for one in line["entities"]] == ["Angela Merkel", "Leipzig"]
    for types in ("types.json", "names.json"):
        result = nerret("label", files / "test.txt", "--columns", "--types", files / types, "--evaluate", "--json")
        (scores,) = json.loads(result.stdout)["scores"].values()
        assert scores["complete"]["micro"]["f1"] == 1


def test_a_cut_off_can_be_given(nerret, files):
    none = lines(nerret("label", files / "texts.jsonl", "--types", files / "types.json", "--min-relevance", "1"))
    assert all(line["entities"] == [] for line in none)


def test_an_extraction_is_compared_with_what_is_marked(nerret, files):
    result = nerret(
        "label", files / "marked.tsv", "--types", files / "types.json", "--evaluate", "--ablations", "--json"
    )
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    (scores,) = report["scores"].values()
    assert set(scores) == {
        "complete", "no-explorer", "no-anchor", "no-consensus", "no-calibration", "no-archetypes",
    }  # fmt: skip
    assert scores["complete"]["micro"]["gold"] == 2
    assert report["macro_f1"]["complete"] == scores["complete"]["micro"]["f1"] > 0
    table = nerret("label", files / "marked.tsv", "--types", files / "types.json", "--evaluate")
    assert "micro F1" in table.stdout


def test_a_schema_is_explained(nerret, files):
    result = nerret("label", files / "texts.jsonl", "--types", files / "types.json", "--explain", "--json")
    report = json.loads(result.stdout)
    assert {one["type"] for one in report["types"]} == {"politician", "city"}
    shown = nerret("label", files / "texts.jsonl", "--types", files / "types.json", "--explain")
    assert "Person" in shown.stdout
    assert "candidate spans" in shown.stdout


def test_half_a_character_is_told_and_the_rest_is_labelled(nerret, files):
    with (files / "texts.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"id": "half", "text": "Angela Merkel \ud83d spoke ."}) + "\n")
        file.write(json.dumps({"id": "after", "text": MERKEL}) + "\n")
    result = nerret("label", files / "texts.jsonl", "--types", files / "types.json")
    assert result.exit_code == 2
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()][-1] == "after"
    assert len(result.stdout.splitlines()) == 3
    assert "texts.jsonl, line 3: its text has a lone surrogate at character 14" in result.stderr


def test_lines_that_cannot_be_read_are_told_and_the_rest_is_labelled(nerret, files):
    with (files / "texts.jsonl").open("a", encoding="utf-8") as file:
        file.write("not JSON\n")
    result = nerret("label", files / "texts.jsonl", "--types", files / "types.json")
    assert result.exit_code == 2
    assert len(result.stdout.splitlines()) == 2
    assert "texts.jsonl, line 3" in result.stderr


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ("{}", "no types"),
        ("[]", "no types"),
        ('["a", "a"]', "two types"),
        ('"song"', "expected a list of type names"),
        ("{", "not JSON"),
        (json.dumps({"a": "x " * 5000}), "9,999 characters"),
    ],
)
def test_types_that_cannot_be_used_are_wrong_input(refused, files, types, message):
    (files / "bad.json").write_text(types, encoding="utf-8")
    refused(message, "label", files / "texts.jsonl", "--types", files / "bad.json")


@pytest.mark.parametrize(
    "wrong", [["--explain", "--evaluate"], ["--ablations"], ["--base-url", "http://127.0.0.1:9/v1"]]
)
def test_options_that_exclude_each_other_are_wrong_usage(nerret, files, wrong):
    assert nerret("label", files / "texts.jsonl", "--types", files / "types.json", *wrong).exit_code == 2


def test_an_endpoint_that_refuses_is_a_failure_and_types_nothing(refused, files, serve):
    scorer = ["--scorer", "some-model", "--base-url", serve(lambda *_: (404, {"error": "no such model"})).url]
    asked = ("label", files / "texts.jsonl", "--types", files / "types.json", *scorer)
    refused("404", *asked, code=1)
    refused("check address, model and key", *asked, code=1)
