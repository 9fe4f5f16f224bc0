import gzip

import pytest

from nerret_tools import Span
from nerret_tools.errors import DataFileError
from nerret_tools.reading import DocumentReader, Reading


def read(tmp_path, content, **options):
    path = tmp_path / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    reader = DocumentReader([path], Reading(**options))
    documents = list(reader)
    return documents, [str(problem).rpartition("a.csv")[2] for problem in reader.problems]


def test_rows_become_documents_and_other_columns_metadata(tmp_path):
    [first, second], problems = read(tmp_path, 'id,text,place\n1,"Etna, again, smokes.",Sicily\n2,Quiet.,\n')
    assert (first.id, first.text, first.metadata) == ("1", "Etna, again, smokes.", {"place": "Sicily"})
    assert (second.id, second.text, second.metadata) == ("2", "Quiet.", {})
    assert problems == []


def test_a_cell_is_typed_only_when_nothing_of_it_is_lost(tmp_path):
    [document], _ = read(
        tmp_path, "id,text,year,price,version,code,new,long,sign\n1,x,1990,1.5,1.10,007,true,99999999999999999999,-3\n"
    )
    assert document.metadata == {
        "year": 1990,
        "price": 1.5,
        "version": "1.10",
        "code": "007",
        "new": True,
        "long": "99999999999999999999",
        "sign": -3,
    }


def test_id_and_text_stay_text(tmp_path):
    [document], _ = read(tmp_path, "id,text\n007,1990\n")
    assert (document.id, document.text) == ("007", "1990")


def test_texts_over_several_lines_keep_the_line_numbers_right(tmp_path):
    documents, problems = read(tmp_path, 'id,text\r\n1,"one\r\ntwo"\r\n2\r\n3,three\r\n')
    assert [document.text for document in documents] == ["one\r\ntwo", "three"]
    assert problems == [", line 4: 1 cells where the header has 2"]


def test_too_many_cells_are_refused_rather_than_dropped(tmp_path):
    documents, problems = read(tmp_path, "id,text\n1,Etna, again\n2,Quiet\n")
    assert [document.id for document in documents] == ["2"]
    assert problems == [", line 2: 3 cells where the header has 2"]


def test_a_row_that_is_not_utf8_is_named_and_the_others_are_read(tmp_path):
    documents, problems = read(tmp_path, b"id,text\n1,one\n2,caf\xe9\n3,three\n")
    assert [document.id for document in documents] == ["1", "3"]
    assert len(problems) == 1
    assert problems[0].startswith(", line 3: not UTF-8 (byte 4 of a cell); ")
    assert "--encoding cp1252" in problems[0]
    [_, second, _], problems = read(tmp_path, b"id,text\n1,one\n2,caf\xe9\n3,three\n", encoding="cp1252")
    assert (second.text, problems) == ("café", [])


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest_in_silence(tmp_path):
    documents, problems = read(tmp_path, 'id,text\n1,one\n2,"two\n3,three\n')
    assert [document.id for document in documents] == ["1"]
    [problem] = problems
    assert problem == ", line 3: a quote is opened and never closed; nothing was read up to line 4"


def test_a_text_of_a_million_characters_is_read(tmp_path):
    [document], problems = read(tmp_path, f"id,text\n1,{'Etna ' * 200_000}\n")
    assert len(document.text) == 1_000_000
    assert problems == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", ": the file is empty"),
        (
            "name,text\n1,x\n",
            ', line 1: the header has no column "id" (columns: name, text); '
            "name another with --id-field, or let --number-missing-ids make one",
        ),
        (
            "id~text\n1~x\n",
            ', line 1: the header has no column "id" (columns: id~text); name another with --id-field, or let '
            "--number-missing-ids make one; if something else stands between its cells, name it with --separator",
        ),
        ("id,text,a,a\n1,x,y,z\n", ", line 1: the header names a column twice"),
        ('"id"x,text\n1,x\n', ", line 1: the header is not CSV: ',' expected after '\"'"),
    ],
)
def test_a_file_without_a_usable_header_is_one_problem(tmp_path, content, reason):
    assert read(tmp_path, content) == ([], [reason])


def test_a_header_without_rows_is_an_empty_file(tmp_path):
    assert read(tmp_path, "id,text\n") == ([], [": the file is empty"])


def test_byte_order_mark_is_not_part_of_the_first_column(tmp_path):
    [document], problems = read(tmp_path, b"\xef\xbb\xbfid,text\n1,x\n")
    assert (document.id, problems) == ("1", [])


def test_an_empty_text_reaches_the_index_which_decides(tmp_path):
    [document], problems = read(tmp_path, 'id,text,a\n1,"",b\n')
    assert (document.text, problems) == ("", [])


def test_spans_are_json_in_a_cell(tmp_path):
    documents, problems = read(tmp_path, 'id,text,spans\n1,Etna smokes.,"[[0, 4]]"\n2,Quiet.,\n3,x,[[\n')
    assert [document.spans for document in documents] == [[Span(start=0, end=4)], None]
    assert len(problems) == 1
    assert problems[0].startswith(", line 4: ")


def test_missing_ids_are_numbered_on_request(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    documents, _ = read(tmp_path, "text\none\ntwo\n", number_missing_ids=True)
    assert [document.id for document in documents] == [f"{tmp_path.name}/a.csv:2", f"{tmp_path.name}/a.csv:3"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_parts_the_header(tmp_path, separator):
    content = 'id,text,"a note, long"\n1,"one; two, three",x\n'.replace(",", separator)
    [document], problems = read(tmp_path, content)
    assert (document.id, problems) == ("1", [])
    assert document.text == "one; two, three".replace(",", separator)


def test_another_separator_can_be_named(tmp_path):
    [document], problems = read(tmp_path, "id~text\n1~one, two\n", separator="~")
    assert (document.text, problems) == ("one, two", [])
    with pytest.raises(DataFileError, match="one character"):
        Reading(separator="ab")


def test_the_case_of_the_needed_columns_does_not_matter_and_others_keep_theirs(tmp_path):
    [document], problems = read(tmp_path, " ID ,Text,Year\n1,one,1990\n")
    assert (document.id, document.text, document.metadata, problems) == ("1", "one", {"Year": 1990}, [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf16_is_read_by_its_mark_or_when_it_is_named(tmp_path, encoding):
    options = {} if encoding == "utf-16" else {"encoding": encoding}
    [document], problems = read(tmp_path, "id;text\n1;café\n".encode(encoding), **options)
    assert (document.text, problems) == ("café", [])


def test_an_encoding_that_does_not_exist_is_refused():
    with pytest.raises(DataFileError, match="no encoding 'utf-9'"):
        Reading(encoding="utf-9")


@pytest.mark.parametrize(("name", "content"), [("a.tsv", b"id\ttext\n1\ta, b\n"), ("a.csv.gz", b'id,text\n1,"a, b"\n')])
def test_tabs_and_compressed_files_are_read(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    [document] = DocumentReader([path])
    assert document.text == "a, b"
