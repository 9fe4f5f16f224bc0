"""`nerret entities`: the things of a type, each once."""

import csv
import json


def listed(nerret, index, *arguments):
    result = nerret("entities", *arguments, "--index", index, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_demo_names_its_dinosaurs_each_once(nerret, demo_index):
    page = listed(nerret, demo_index, "dinosaur", "--all")
    names = [one["name"] for one in page["entities"]]
    assert {"Stegosaurus", "Tyrannosaurus"} <= {name.removesuffix(" rex") for name in names}
    assert page["total"] == len(names) == len(set(names))
    assert all(one["document_count"] >= len(one["evidence"]) > 0 for one in page["entities"])


def test_pages_join_up_to_the_whole_list(nerret, demo_index):
    whole = [one["name"] for one in listed(nerret, demo_index, "city", "--all")["entities"]]
    first = listed(nerret, demo_index, "city", "--limit", "3")
    second = listed(nerret, demo_index, "city", "--all", "--cursor", first["next_cursor"])
    assert [one["name"] for one in first["entities"]] == whole[:3]
    assert [one["name"] for one in second["entities"]][:3] == whole[3:6]


def test_a_larger_share_lists_more(nerret, demo_index):
    few, many = (listed(nerret, demo_index, "city", "--recall", share)["total"] for share in ("0.4", "0.99"))
    assert few < many


def test_the_table_counts_documents(nerret, demo_index):
    result = nerret("entities", "dinosaur", "--index", demo_index)
    first, header, *rows = result.stdout.splitlines()
    assert "entities of type “dinosaur” (relevance ≥" in first
    assert header.split()[:3] == ["relevance", "documents", "mentions"]
    best = listed(nerret, demo_index, "dinosaur")["entities"][0]["name"]
    assert rows[0].split(maxsplit=3)[1:3] == ["1", "1"]
    assert rows[0].split(maxsplit=3)[3].startswith(best)


def test_all_of_them_go_into_a_csv_file(nerret, demo_index, tmp_path):
    file = tmp_path / "dinosaurs.csv"
    result = nerret("entities", "dinosaur", "--index", demo_index, "--csv", file)
    assert result.exit_code == 0
    assert result.stdout == ""
    with file.open(encoding="utf-8", newline="") as rows:
        written = list(csv.DictReader(rows))
    page = listed(nerret, demo_index, "dinosaur", "--all")
    assert [one["name"] for one in written] == [one["name"] for one in page["entities"]]
    assert [int(one["documents"]) for one in written] == [one["document_count"] for one in page["entities"]]


def test_a_file_that_cannot_be_written_is_a_failure(nerret, demo_index, tmp_path):
    result = nerret("entities", "dinosaur", "--index", demo_index, "--csv", tmp_path / "no" / "x.csv")
    assert result.exit_code == 1
    assert "x.csv cannot be written" in result.stderr


def test_a_type_that_nothing_has_is_an_empty_list(nerret, demo_index):
    result = nerret("entities", "dinosaur", "--index", demo_index, "--min-relevance", "1")
    assert result.exit_code == 0
    assert "No entity of type" in result.stdout


def test_types_are_combined(nerret, demo_index):
    asked = ("--any", "dinosaur", "--any", "airline", "--min-relevance", "0.01", "--all")
    either = {one["name"] for one in listed(nerret, demo_index, *asked)["entities"]}
    for entity_type in ("dinosaur", "airline"):
        best = listed(nerret, demo_index, entity_type, "--limit", "3")["entities"]
        assert {one["name"] for one in best} <= either
