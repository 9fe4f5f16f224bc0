import gzip
import io
import json

import pytest

from nerret_tools import Span
from nerret_tools.reading import DocumentReader, Reading


def write(path, *lines, newline="\n"):
    path.write_bytes("".join(line + newline for line in lines).encode("utf-8"))
    return path


def read(*paths, **options):
    reader = DocumentReader(paths, Reading(**options))
    return list(reader), [str(problem) for problem in reader.problems]


@pytest.fixture(autouse=True)
def _in_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_everything_beside_id_and_text_is_metadata(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"id": "x", "text": "Etna smokes.", "year": 1990, "tags": ["a"]}')
    [document], problems = read(path)
    assert (document.id, document.text) == ("x", "Etna smokes.")
    assert document.metadata == {"year": 1990, "tags": ["a"]}
    assert document.spans is None
    assert problems == []


def test_a_broken_line_is_named_and_the_others_are_read(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"id": 1, "text": "one"}', '{"id": 2, "text": ', '{"id": 3, "text": "three"}')
    documents, problems = read(path)
    assert [document.id for document in documents] == ["1", "3"]
    [problem] = problems
    assert problem.startswith("a.jsonl, line 2: not JSON")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": "a"}', 'no text: the field "text" is missing'),
        ('{"id": "a", "text": null}', "no text"),
        ('{"id": "a", "text": 5}', "must be text"),
        ('{"text": "a"}', 'no id: the field "id" is missing'),
        ('{"id": "", "text": "a"}', "no id"),
        ('{"id": true, "text": "a"}', "whole number"),
        ('{"id": 1.5, "text": "a"}', "whole number"),
        ('["a"]', "a JSON object was expected"),
        ('{"id": "a", "text": "b", "spans": [[0]]}', "spans"),
        ('{"id": "a", "text": "b", "spans": "abc"}', "Expecting value"),
        ('{"id": "a", "text": "b", "deep": ' + "[" * 200_000, "not usable as JSON"),
        ('{"id": "a", "text": "b", "long": ' + "9" * 5_000 + "}", "not usable as JSON"),
    ],
)
def test_a_line_that_is_no_document_is_a_problem_of_its_own(tmp_path, line, reason):
    path = write(tmp_path / "a.jsonl", '{"id": "first", "text": "x"}', line, '{"id": "last", "text": "x"}')
    documents, [problem] = read(path)
    assert [document.id for document in documents] == ["first", "last"]
    assert problem.startswith("a.jsonl, line 2: ")
    assert reason in problem


def test_a_line_that_is_not_utf8_is_named_and_the_others_are_read(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id": "a", "text": "x"}\n{"id": "b", "text": "caf\xe9"}\n{"id": "c", "text": "x"}\n')
    documents, [problem] = read(path)
    assert [document.id for document in documents] == ["a", "c"]
    assert "line 2: not UTF-8" in problem


def test_byte_order_mark_windows_line_ends_and_blank_lines_do_no_harm(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": "a", "text": "x"}\r\n\r\n  \r\n{"id": "b", "text": "y"}\r\nbroken\r\n')
    documents, [problem] = read(path)
    assert [document.id for document in documents] == ["a", "b"]
    assert "line 5" in problem


def test_a_unicode_line_separator_inside_a_text_does_not_cut_the_line(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"id": "a", "text": "one\u2028two\x85three"}')
    [document], problems = read(path)
    assert document.text == "one\u2028two\x85three"
    assert problems == []


def test_utf16_is_read_line_by_line(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes('{"id": "a", "text": "é\u0a0a"}\nbroken\n{"id": "b", "text": "x"}\n'.encode("utf-16"))
    documents, [problem] = read(path)
    assert [document.text for document in documents] == ["é\u0a0a", "x"]
    assert problem.startswith("a.jsonl, line 2: not JSON")


def test_compressed_lines_are_read_and_a_damaged_file_is_a_problem(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    whole = gzip.compress(b"".join(b'{"id": "%d", "text": "x %d"}\n' % (n, n * n) for n in range(2000)))
    path.write_bytes(whole)
    documents, problems = read(path)
    assert (len(documents), problems) == (2000, [])
    path.write_bytes(whole[: len(whole) // 2])
    documents, [problem] = read(path)
    assert 0 < len(documents) < 2000
    assert problem.startswith("a.jsonl.gz: the file cannot be read: ")


@pytest.mark.parametrize(
    "content",
    ['[{"id": 1, "text": "x"},\n {"id": 2, "text": "y"}]', '{"id": 1, "text": "x"}\n{"id": 2, "text": "y"}\n'],
)
def test_json_is_a_list_of_objects_or_lines_of_them(tmp_path, content):
    path = write(tmp_path / "a.json", content)
    documents, problems = read(path)
    assert ([document.id for document in documents], problems) == (["1", "2"], [])


def test_one_object_over_several_lines_is_one_document(tmp_path):
    [document], problems = read(write(tmp_path / "a.json", "{", ' "id": "a", "text": "x"', "}"))
    assert (document.id, problems) == ("a", [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"articles": [{"id": 1, "text": "x"}]}', 'inside an object, as "articles"'),
        ('[{"id": 1,\n "text": ]', "not JSON: Expecting value (line 2, column 10)"),
        ('[3, {"id": 1}]', "item 1: a JSON object was expected"),
        ("[]", "the list is empty"),
        ("", "the file is empty"),
        ('"x"', "a list of JSON objects was expected"),
    ],
)
def test_json_of_another_shape_is_a_problem(tmp_path, content, reason):
    documents, problems = read(write(tmp_path / "a.json", content))
    assert documents == []
    assert reason in problems[0]


def test_metadata_may_stand_in_a_field_of_its_own(tmp_path):
    path = write(
        tmp_path / "a.jsonl",
        '{"id": "a", "text": "x", "metadata": {"year": 1990}, "lang": "en"}',
        '{"id": "b", "text": "x", "metadata": "just text"}',
        '{"id": "c", "text": "x", "metadata": {"year": 1990}, "year": 1991}',
    )
    [first, second], [problem] = read(path)
    assert first.metadata == {"year": 1990, "lang": "en"}
    assert second.metadata == {"metadata": "just text"}
    assert "'year' is among its fields and in its metadata" in problem


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_reported(tmp_path, content):
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    assert read(path) == ([], ["a.jsonl: the file is empty"])


def test_spans_become_the_documents_spans(tmp_path):
    path = write(
        tmp_path / "a.jsonl",
        '{"id": "a", "text": "Etna smokes.", "spans": [[0, 4]]}',
        '{"id": "b", "text": "Etna smokes.", "spans": [{"start": 0, "end": 4}]}',
        '{"id": "c", "text": "Etna smokes.", "spans": []}',
        '{"id": "d", "text": "Etna smokes.", "spans": null}',
    )
    documents, problems = read(path)
    assert [document.spans for document in documents] == [[Span(start=0, end=4)]] * 2 + [[], None]
    assert all(document.metadata == {} for document in documents)
    assert problems == []


def test_labels_stay_out_of_the_index_but_another_field_of_that_name_is_metadata(tmp_path):
    labels = [{"start": 0, "end": 4, "type": "mountain"}]
    path = write(
        tmp_path / "a.jsonl",
        json.dumps({"id": "a", "text": "Etna smokes.", "entities": labels}),
        json.dumps({"id": "b", "text": "Etna smokes.", "entities": ["Etna"]}),
    )
    [labelled, other], _ = read(path)
    assert labelled.metadata == {}
    assert labelled.spans is None
    assert other.metadata == {"entities": ["Etna"]}


def test_fields_can_have_other_names(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"key": 7, "body": "Etna smokes.", "id": "other", "text": "title"}')
    [document], _ = read(path, id_field="key", text_field="body")
    assert (document.id, document.text) == ("7", "Etna smokes.")
    assert document.metadata == {"id": "other", "text": "title"}


def test_missing_ids_are_numbered_on_request(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"text": "one"}', "", '{"text": "two"}', '{"id": "own", "text": "three"}')
    documents, problems = read(path, number_missing_ids=True)
    assert [document.id for document in documents] == [
        f"{tmp_path.name}/a.jsonl:1",
        f"{tmp_path.name}/a.jsonl:3",
        "own",
    ]
    assert problems == []


def test_standard_input_is_json_lines():
    stdin = io.BytesIO(b'{"id": "a", "text": "x"}\nbroken\n')
    reader = DocumentReader(["-"], stdin=stdin)
    assert [document.id for document in reader] == ["a"]
    assert str(reader.problems[0]).startswith("<stdin>, line 2: not JSON")


def test_reading_is_a_stream(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"id": "a", "text": "x"}', "broken")
    reader = DocumentReader([path])
    documents = iter(reader)
    assert next(documents).id == "a"
    assert reader.problems == []
    assert list(documents) == []
    assert len(reader.problems) == 1


def test_each_document_knows_its_line_although_others_were_refused(tmp_path):
    first = write(tmp_path / "a.jsonl", '{"id": "a1", "text": "x"}', "broken", "", '{"id": "a4", "text": "x"}')
    second = write(tmp_path / "b.jsonl", "broken", '{"id": "b2", "text": "x"}', '{"id": "b3", "text": "x"}')
    reader = DocumentReader([first, second])
    places = {document.id: position for position, document in enumerate(reader)}
    assert {name: str(reader.origin(position)) for name, position in places.items()} == {
        "a1": "a.jsonl, line 1",
        "a4": "a.jsonl, line 4",
        "b2": "b.jsonl, line 2",
        "b3": "b.jsonl, line 3",
    }
