"""`nerret entities`: the things of a type, each once."""

import csv

import pytest


@pytest.fixture
def listed(answer, demo_index):
    """Asks for entities; gives the answer."""
    return lambda *arguments: answer("entities", *arguments, "--index", demo_index)


def names(page):
    return [one["name"] for one in page["entities"]]


def test_the_demo_names_its_dinosaurs_each_once(listed):
    page = listed("dinosaur", "--all")
    assert {"Stegosaurus", "Tyrannosaurus"} <= {name.removesuffix(" rex") for name in names(page)}
    assert page["total"] == len(names(page)) == len(set(names(page)))
    assert all(one["document_count"] >= len(one["evidence"]) > 0 for one in page["entities"])


def test_pages_join_up_to_the_whole_list(listed):
    whole, first = names(listed("city", "--all")), listed("city", "--limit", "3")
    assert names(first) == whole[:3]
    assert names(listed("city", "--all", "--cursor", first["next_cursor"]))[:3] == whole[3:6]


def test_a_larger_share_lists_more(listed):
    assert listed("city", "--recall", "0.4")["total"] < listed("city", "--recall", "0.99")["total"]


def test_the_table_counts_documents(nerret, demo_index, listed):
    result = nerret("entities", "dinosaur", "--index", demo_index)
    first, header, *rows = result.stdout.splitlines()
    assert "entities of type “dinosaur” (relevance ≥" in first
    assert header.split()[:3] == ["relevance", "documents", "mentions"]
    _, documents, mentions, name = rows[0].split(maxsplit=3)
    assert (documents, mentions) == ("1", "1")
    assert name.startswith(names(listed("dinosaur"))[0])


def test_all_of_them_go_into_a_csv_file(nerret, demo_index, listed, tmp_path):
    result = nerret("entities", "dinosaur", "--index", demo_index, "--csv", tmp_path / "dinosaurs.csv")
    assert (result.exit_code, result.stdout) == (0, "")
    with (tmp_path / "dinosaurs.csv").open(encoding="utf-8", newline="") as rows:
        written = [(row["name"], int(row["documents"])) for row in csv.DictReader(rows)]
    assert written == [(one["name"], one["document_count"]) for one in listed("dinosaur", "--all")["entities"]]


def test_a_file_that_cannot_be_written_is_a_failure(refused, demo_index, tmp_path):
    asked = ("entities", "dinosaur", "--index", demo_index, "--csv", tmp_path / "no" / "x.csv")
    refused("x.csv cannot be written", *asked, code=1)


def test_a_type_that_nothing_has_is_an_empty_list(nerret, demo_index):
    result = nerret("entities", "dinosaur", "--index", demo_index, "--min-relevance", "1")
    assert (result.exit_code, "No entity of type" in result.stdout) == (0, True)


def test_types_are_combined(listed):
    either = names(listed("--any", "dinosaur", "--any", "airline", "--min-relevance", "0.01", "--all"))
    for entity_type in ("dinosaur", "airline"):
        assert set(names(listed(entity_type, "--limit", "3"))) <= set(either)
