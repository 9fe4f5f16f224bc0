"""Tables with separators: cells, headers, encodings, and what is wrong with a row."""

import pytest

from nerret_tools import Span
from nerret_tools.errors import DataFileError
from nerret_tools.reading import Reading

from .conftest import ids


def test_rows_become_documents_and_other_columns_metadata(read):
    documents, problems = read(
        "a.csv", 'id,text,place\n1,"Etna, again, smokes.",Sicily\n2,Quiet.,\n007,1990,\n8,"",b\n'
    )
    assert [(one.id, one.text, one.metadata) for one in documents] == [
        ("1", "Etna, again, smokes.", {"place": "Sicily"}),
        ("2", "Quiet.", {}),
        ("007", "1990", {}),  # id and text stay text
        ("8", "", {"place": "b"}),  # which the index decides about
    ]
    assert problems == []


def test_a_cell_is_typed_only_when_nothing_of_it_is_lost(read):
    columns = "id,text,year,price,version,code,new,long,sign"
    [document], _ = read("a.csv", f"{columns}\n1,x,1990,1.5,1.10,007,true,99999999999999999999,-3\n")
    texts = {"version": "1.10", "code": "007", "long": "99999999999999999999"}
    assert document.metadata == {"year": 1990, "price": 1.5, "new": True, "sign": -3, **texts}


@pytest.mark.parametrize(
    ("content", "found", "problem"),
    [
        ("id,text\n1,Etna, again\n2,Quiet\n", {"2": "Quiet"}, ", line 2: 3 cells where the header has 2"),
        (
            'id,text\r\n1,"one\r\ntwo"\r\n2\r\n3,three\r\n',
            {"1": "one\r\ntwo", "3": "three"},
            ", line 4: 1 cells where the header has 2",
        ),
        (
            'id,text\n1,one\n2,"two\n3,three\n',
            {"1": "one"},
            ", line 3: a quote is opened and never closed; nothing was read up to line 4",
        ),
        ("id,text\n", {}, ": the file is empty"),
        ("", {}, ": the file is empty"),
        (
            "name,text\n1,x\n",
            {},
            ', line 1: the header has no column "id" (columns: name, text); '
            "name another with --id-field, or let --number-missing-ids make one",
        ),
        (
            "id~text\n1~x\n",
            {},
            ', line 1: the header has no column "id" (columns: id~text); name another with --id-field, or let '
            "--number-missing-ids make one; if something else stands between its cells, name it with --separator",
        ),
        ("id,text,a,a\n1,x,y,z\n", {}, ", line 1: the header names a column twice"),
        ('"id"x,text\n1,x\n', {}, ", line 1: the header is not CSV: ',' expected after '\"'"),
    ],
)
def test_what_is_wrong_is_one_problem_with_its_line_and_the_others_are_read(read, content, found, problem):
    documents, problems = read("a.csv", content)
    assert {document.id: document.text for document in documents} == found
    assert problems == [f"a.csv{problem}"]


def test_a_row_that_is_not_utf8_is_named_and_the_others_are_read(read):
    documents, [problem] = read("a.csv", b"id,text\n1,one\n2,caf\xe9\n3,three\n")
    assert ids(documents) == ["1", "3"]
    assert problem.startswith("a.csv, line 3: not UTF-8 (byte 4 of a cell); ")
    assert "--encoding cp1252" in problem
    [_, second, _], problems = read("a.csv", b"id,text\n1,one\n2,caf\xe9\n3,three\n", encoding="cp1252")
    assert (second.text, problems) == ("café", [])


def test_a_text_of_a_million_characters_is_read(read):
    [document], problems = read("a.csv", f"id,text\n1,{'Etna ' * 200_000}\n")
    assert (len(document.text), problems) == (1_000_000, [])


def test_spans_are_json_in_a_cell(read):
    documents, [problem] = read("a.csv", 'id,text,spans\n1,Etna smokes.,"[[0, 4]]"\n2,Quiet.,\n3,x,[[\n')
    assert [document.spans for document in documents] == [[Span(start=0, end=4)], None]
    assert problem.startswith("a.csv, line 4: ")


def test_missing_ids_are_numbered_on_request(read, tmp_path):
    documents, _ = read("a.csv", "text\none\ntwo\n", number_missing_ids=True)
    assert ids(documents) == [f"{tmp_path.name}/a.csv:2", f"{tmp_path.name}/a.csv:3"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_parts_the_header(read, separator):
    content = 'id,text,"a note, long"\n1,"one; two, three",x\n'.replace(",", separator)
    [document], problems = read("a.csv", content)
    assert (document.id, problems) == ("1", [])
    assert document.text == "one; two, three".replace(",", separator)


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.csv", "id~text~Year\n1~café, two~1990\n", {"separator": "~"}),
        ("a.csv", b"\xef\xbb\xbf" + 'id,text,Year\n1,"café, two",1990\n'.encode(), {}),
        ("a.csv", ' ID ,Text,Year\n1,"café, two",1990\n', {}),  # the case of the others stays
        ("a.csv", "id;text;Year\n1;café, two;1990\n".encode("utf-16"), {}),
        ("a.csv", "id;text;Year\n1;café, two;1990\n".encode("utf-16-le"), {"encoding": "utf-16-le"}),
        ("a.tsv", "id\ttext\tYear\n1\tcafé, two\t1990\n", {}),
        ("a.csv.gz", 'id,text,Year\n1,"café, two",1990\n', {}),
    ],
)
def test_other_separators_encodings_and_compressed_files_are_read(read, name, content, options):
    [document], problems = read(name, content, **options)
    assert (document.id, document.text, document.metadata, problems) == ("1", "café, two", {"Year": 1990}, [])


def test_a_separator_or_an_encoding_that_does_not_exist_is_refused():
    with pytest.raises(DataFileError, match="one character"):
        Reading(separator="ab")
    with pytest.raises(DataFileError, match="no encoding 'utf-9'"):
        Reading(encoding="utf-9")
