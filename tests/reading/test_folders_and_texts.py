import os

import pytest

from nerret_tools.errors import DataFileError
from nerret_tools.reading import DocumentReader


@pytest.fixture(autouse=True)
def _in_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def test_a_folder_is_read_to_the_bottom_in_the_order_of_names(tmp_path):
    put(tmp_path / "notes" / "b.txt", "second")
    put(tmp_path / "notes" / "a.md", "first")
    put(tmp_path / "notes" / "deep" / "er" / "c.TXT", "third")
    put(tmp_path / "notes" / "d.jsonl", '{"id": "own", "text": "fourth"}\n')
    put(tmp_path / "notes" / "e.csv", "id,text\n5,fifth\n")
    documents = list(DocumentReader(["notes"]))
    assert [(document.id, document.text) for document in documents] == [
        ("notes/a.md", "first"),
        ("notes/b.txt", "second"),
        ("own", "fourth"),
        ("5", "fifth"),
        ("notes/deep/er/c.TXT", "third"),
    ]


def test_two_folders_with_files_of_one_name_do_not_collide(tmp_path):
    put(tmp_path / "x" / "readme.md", "one")
    put(tmp_path / "y" / "readme.md", "two")
    assert [document.id for document in DocumentReader(["x", "y"])] == ["x/readme.md", "y/readme.md"]


def test_an_id_does_not_depend_on_how_the_path_is_written(tmp_path):
    put(tmp_path / "x" / "a.txt", "one")
    for spelling in ("x", "./x", "x/", "x/../x", tmp_path / "x", "x/a.txt"):
        assert [document.id for document in DocumentReader([spelling])] == ["x/a.txt"]


def test_hidden_and_foreign_files_are_left_out_and_the_foreign_ones_counted(tmp_path):
    put(tmp_path / "x" / ".git" / "a.txt", "hidden")
    put(tmp_path / "x" / ".b.txt", "hidden")
    put(tmp_path / "x" / "c.pdf", "foreign")
    put(tmp_path / "x" / "d.PDF", "foreign")
    put(tmp_path / "x" / "Makefile", "foreign")
    put(tmp_path / "x" / "e.txt", "read")
    reader = DocumentReader(["x"])
    assert [document.id for document in reader] == ["x/e.txt"]
    assert reader.left_out == {".pdf": 2, "no ending": 1}


def test_a_text_file_with_byte_order_mark_and_windows_line_ends_is_plain_text(tmp_path):
    put(tmp_path / "a.txt", b"\xef\xbb\xbfone\r\ntwo\r\n")
    [document] = DocumentReader(["a.txt"])
    assert document.text == "one\ntwo\n"


def test_an_empty_and_a_badly_encoded_text_are_reported_and_the_others_read(tmp_path):
    put(tmp_path / "x" / "a.txt", "")
    put(tmp_path / "x" / "b.txt", b"caf\xe9")
    put(tmp_path / "x" / "c.txt", "good")
    reader = DocumentReader(["x"])
    assert [document.id for document in reader] == ["x/c.txt"]
    assert [str(problem) for problem in reader.problems] == [
        "x/a.txt: the file is empty",
        "x/b.txt: not UTF-8 (byte 4 of the file)",
    ]


def test_a_file_that_vanishes_before_its_turn_is_reported(tmp_path):
    put(tmp_path / "a.txt", "gone")
    put(tmp_path / "b.jsonl", '{"id": "b", "text": "x"}')
    reader = DocumentReader(["a.txt", "b.jsonl"])
    os.remove("a.txt")
    assert [document.id for document in reader] == ["b"]
    assert str(reader.problems[0]).startswith("a.txt: the file cannot be read: ")


@pytest.mark.parametrize("name", ["nothing-here", "nothing.jsonl"])
def test_a_path_that_does_not_exist_is_refused_before_anything_is_read(tmp_path, name):
    put(tmp_path / "a.txt", "x")
    with pytest.raises(DataFileError, match=name):
        DocumentReader(["a.txt", name])


@pytest.mark.parametrize("inside", [(), ("a.pdf", ".hidden.txt")])
def test_a_folder_without_readable_files_names_the_accepted_endings(tmp_path, inside):
    (tmp_path / "x").mkdir()
    for name in inside:
        put(tmp_path / "x" / name, "x")
    with pytest.raises(DataFileError, match=r"\.jsonl, \.ndjson, \.csv, \.parquet, \.txt, \.md"):
        DocumentReader(["x"])


def test_a_file_with_another_ending_is_refused_with_the_accepted_ones(tmp_path):
    put(tmp_path / "a.json", "{}")
    with pytest.raises(DataFileError, match=r"a\.json has none of the endings .*\.jsonl"):
        DocumentReader(["a.json"])


def test_standard_input_can_be_named_once():
    with pytest.raises(DataFileError, match="only once"):
        DocumentReader(["-", "-"])
