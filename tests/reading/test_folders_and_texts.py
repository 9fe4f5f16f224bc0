import io
import os

import pytest

from nerret_tools.errors import DataFileError
from nerret_tools.reading import DocumentReader, FileKind, Reading

from .conftest import ids

pytestmark = pytest.mark.usefixtures("put")  # which goes to a folder of the test's own


def test_a_folder_is_read_to_the_bottom_in_the_order_of_names(put):
    put("notes/b.txt", "second")
    put("notes/a.md", "first")
    put("notes/deep/er/c.TXT", "third")
    put("notes/d.jsonl", '{"id": "own", "text": "fourth"}\n')
    put("notes/e.csv", "id,text\n5,fifth\n")
    read = [(document.id, document.text) for document in DocumentReader(["notes"])]
    assert read[:2] == [("notes/a.md", "first"), ("notes/b.txt", "second")]
    assert read[2:] == [("own", "fourth"), ("5", "fifth"), ("notes/deep/er/c.TXT", "third")]


def test_two_folders_with_files_of_one_name_do_not_collide(put):
    put("x/readme.md", "one")
    put("y/readme.md", "two")
    assert ids(DocumentReader(["x", "y"])) == ["x/readme.md", "y/readme.md"]


def test_an_id_does_not_depend_on_how_the_path_is_written(tmp_path, put):
    put("x/a.txt", "one")
    for spelling in ("x", "./x", "x/", "x/../x", tmp_path / "x", "x/a.txt"):
        assert ids(DocumentReader([spelling])) == ["x/a.txt"]


def test_hidden_and_foreign_files_are_left_out_and_the_foreign_ones_counted(put):
    for name in (".git/a.txt", ".b.txt", "c.pdf", "d.PDF", "Makefile", "e.txt"):
        put(f"x/{name}")
    reader = DocumentReader(["x"])
    assert ids(reader) == ["x/e.txt"]
    assert reader.left_out == {".pdf": 2, "no ending": 1}


def test_a_text_file_with_byte_order_mark_and_windows_line_ends_is_plain_text(put):
    put("a.txt", b"\xef\xbb\xbfone\r\ntwo\r\n")
    [document] = DocumentReader(["a.txt"])
    assert document.text == "one\ntwo\n"


def test_an_empty_and_a_badly_encoded_text_are_reported_and_the_others_read(put):
    put("x/a.txt", "")
    put("x/b.txt", b"caf\xe9")
    put("x/c.txt", "good")
    reader = DocumentReader(["x"])
    assert ids(reader) == ["x/c.txt"]
    first, second = map(str, reader.problems)
    assert first == "x/a.txt: the file is empty"
    assert second.startswith("x/b.txt: not UTF-8 (byte 4 of the file); if the file comes from Windows, read it with")


def test_a_file_that_vanishes_before_its_turn_is_reported(put):
    put("a.txt", "gone")
    put("b.jsonl", '{"id": "b", "text": "x"}')
    reader = DocumentReader(["a.txt", "b.jsonl"])
    os.remove("a.txt")
    assert ids(reader) == ["b"]
    assert str(reader.problems[0]).startswith("a.txt: the file cannot be read: ")


@pytest.mark.parametrize("name", ["nothing-here", "nothing.jsonl"])
def test_a_path_that_does_not_exist_is_refused_before_anything_is_read(put, name):
    put("a.txt", "x")
    with pytest.raises(DataFileError, match=name):
        DocumentReader(["a.txt", name])


@pytest.mark.parametrize("inside", [(), ("a.pdf", ".hidden.txt")])
def test_a_folder_without_readable_files_names_the_accepted_endings(tmp_path, put, inside):
    (tmp_path / "x").mkdir()
    for name in inside:
        put(f"x/{name}")
    with pytest.raises(DataFileError, match=r"\.jsonl, \.ndjson, \.json, \.csv, \.tsv, \.parquet, \.txt, \.md"):
        DocumentReader(["x"])


def test_a_file_with_another_ending_is_refused_with_the_accepted_ones(put):
    put("a.yaml", "{}")
    with pytest.raises(DataFileError, match=r"a\.yaml has none of the endings .*\.jsonl.*--as text"):
        DocumentReader(["a.yaml"])


@pytest.mark.parametrize(
    ("name", "advice"),
    [("a.html", "pandoc -t plain"), ("a.PDF", "pdftotext"), ("a.xlsx", "as CSV"), ("a.zip", "unpack")],
)
def test_for_a_well_known_ending_the_way_to_text_is_said(put, name, advice):
    put(name)
    with pytest.raises(DataFileError, match=advice):
        DocumentReader([name])


def test_a_folder_gives_the_same_ids_from_wherever_it_is_indexed(tmp_path, put, monkeypatch):
    put("home/notes/deep/a.txt", "one")
    found = {}
    for here, path in {"home": "notes", "home/notes": ".", ".": "home/notes", "home/notes/deep": ".."}.items():
        monkeypatch.chdir(tmp_path / here)
        found[here] = ids(DocumentReader([path]))
    assert set(map(tuple, found.values())) == {("notes/deep/a.txt",)}
    monkeypatch.chdir(tmp_path)
    rooted = Reading(id_root="home/notes/deep")
    assert ids(DocumentReader(["home/notes"], rooted)) == ["a.txt"]


def test_folders_of_one_name_need_a_root_for_their_ids(put):
    put("x/notes/a.txt", "one")
    put("y/notes/a.txt", "two")
    with pytest.raises(DataFileError, match="--id-root"):
        DocumentReader(["x/notes", "y/notes"])
    rooted = Reading(id_root=".")
    assert ids(DocumentReader(["x/notes", "y/notes"], rooted)) == ["x/notes/a.txt", "y/notes/a.txt"]
    with pytest.raises(DataFileError, match="is not below x"):
        DocumentReader(["y/notes"], Reading(id_root="x"))


def test_accents_in_file_names_are_composed_in_ids(put):
    put("x/Dudame\u0301.txt", "one")
    assert ids(DocumentReader(["x"])) == ["x/Dudam\u00e9.txt"]


def test_links_to_folders_are_counted_and_not_followed(tmp_path, put):
    put("x/a.txt", "one")
    put("elsewhere/b.txt", "two")
    (tmp_path / "x" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "x" / "circle").symlink_to(tmp_path / "x", target_is_directory=True)
    reader = DocumentReader(["x"])
    assert ids(reader) == ["x/a.txt"]
    assert reader.left_out == {"links to folders": 2}


MAIL = """From: a@example.org (A. Writer)
Subject: Re: volcanoes
 and lakes
X-Long: 1

Etna smokes.

Note: this is no header.
"""


def test_files_without_an_ending_are_read_as_text_on_request_and_mails_without_headers(put):
    put("mail/101", MAIL)
    put("mail/102", "Note: not a mail\nbecause a text follows at once.\n")
    with pytest.raises(DataFileError, match="--as text"):
        DocumentReader(["mail"])
    whole = list(DocumentReader(["mail"], Reading(kind=FileKind.TEXT)))
    assert [document.text for document in whole] == [MAIL, "Note: not a mail\nbecause a text follows at once.\n"]
    first, second = DocumentReader(["mail"], Reading(kind=FileKind.TEXT, strip_headers=True))
    assert first.text == "Etna smokes.\n\nNote: this is no header.\n"
    assert first.metadata == {"from": "a@example.org (A. Writer)", "subject": "Re: volcanoes and lakes"}
    assert (second.text, second.metadata) == (whole[1].text, {})


def test_how_many_documents_there_will_be_is_told_from_the_bytes_read(put):
    put("x/a.jsonl", "".join(f'{{"id": "a{n:05}", "text": "the same"}}\n' for n in range(20_000)))
    rows = "".join(f"b{n:05},the same text of about the length\n" for n in range(20_000))
    put("x/b.csv", "id,text\n" + rows)
    reader = DocumentReader(["x"])
    told = [reader.expected() for number, _ in enumerate(reader, start=1) if number in (10_000, 30_000)]
    assert told == pytest.approx([40_000] * 2, rel=0.1)
    assert reader.expected() == 40_000
    assert DocumentReader(["-"], stdin=io.BytesIO(b"")).expected() is None


def test_standard_input_can_be_named_once():
    with pytest.raises(DataFileError, match="only once"):
        DocumentReader(["-", "-"])
