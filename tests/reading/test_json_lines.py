"""JSON lines and JSON: what becomes of each field, and what is wrong with a line."""

import gzip
import io

import pytest

from nerret_tools import Span
from nerret_tools.reading import DocumentReader

from .conftest import ids

FIRST, LAST = '{"id": "first", "text": "x"}', '{"id": "last", "text": "x"}'


def lines(*given):
    return "".join(line + "\n" for line in given)


def test_everything_beside_id_and_text_is_metadata(read):
    [document], problems = read("a.jsonl", '{"id": "x", "text": "Etna smokes.", "year": 1990, "tags": ["a"]}')
    assert (document.id, document.text, document.spans) == ("x", "Etna smokes.", None)
    assert document.metadata == {"year": 1990, "tags": ["a"]}
    assert problems == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": 2, "text": ', "not JSON"),
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
        (b'{"id": "b", "text": "caf\xe9"}', "not UTF-8"),
        ('{"id": "c", "text": "x", "metadata": {"year": 1}, "year": 2}', "'year' is among its fields and in its meta"),
    ],
)
def test_a_line_that_is_no_document_is_a_problem_of_its_own(read, line, reason):
    content = line if isinstance(line, bytes) else line.encode()
    documents, [problem] = read("a.jsonl", b"\n".join([FIRST.encode(), content, LAST.encode()]))
    assert ids(documents) == ["first", "last"]
    assert problem.startswith("a.jsonl, line 2: ")
    assert reason in problem


@pytest.mark.parametrize(
    ("content", "texts", "place"),
    [
        (b'\xef\xbb\xbf{"id": "a", "text": "x"}\r\n\r\n  \r\n{"id": "b", "text": "y"}\r\nbroken\r\n', ["x", "y"], 5),
        ('{"id": "a", "text": "one\u2028two\x85three"}\nbroken', ["one\u2028two\x85three"], 2),
        ('{"id": "a", "text": "é\u0a0a"}\nbroken\n{"id": "b", "text": "x"}\n'.encode("utf-16"), ["é\u0a0a", "x"], 2),
    ],
    ids=["byte order mark, Windows line ends and blank lines", "line separators inside a text", "UTF-16"],
)
def test_lines_are_those_of_the_file(read, content, texts, place):
    documents, [problem] = read("a.jsonl", content)
    assert [document.text for document in documents] == texts
    assert problem.startswith(f"a.jsonl, line {place}: not JSON")


def test_compressed_lines_are_read_and_a_damaged_file_is_a_problem(read, put):
    whole = b"".join(b'{"id": "%d", "text": "x %d"}\n' % (n, n * n) for n in range(2000))
    documents, problems = read("a.jsonl.gz", whole)
    assert (len(documents), problems) == (2000, [])
    put("b.jsonl.gz", b"").write_bytes(gzip.compress(whole)[:9000])
    reader = DocumentReader(["b.jsonl.gz"])
    assert 0 < len(list(reader)) < 2000
    assert str(reader.problems[0]).startswith("b.jsonl.gz: the file cannot be read: ")


@pytest.mark.parametrize(
    "content",
    [
        '[{"id": 1, "text": "x"},\n {"id": 2, "text": "y"}]',
        '{"id": 1, "text": "x"}\n{"id": 2, "text": "y"}\n',
        '{\n "id": "1", "text": "x"\n}',
    ],
)
def test_json_is_a_list_of_objects_or_lines_of_them_or_one_object(read, content):
    documents, problems = read("a.json", content)
    assert (ids(documents), problems) == (["1", "2"][: content.count("id")], [])


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
def test_json_of_another_shape_is_a_problem(read, content, reason):
    documents, problems = read("a.json", content)
    assert documents == []
    assert reason in problems[0]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_reported(read, content):
    assert read("a.jsonl", content) == ([], ["a.jsonl: the file is empty"])


@pytest.mark.parametrize(
    ("fields", "metadata", "spans"),
    [
        ('"metadata": {"year": 1990}, "lang": "en"', {"year": 1990, "lang": "en"}, None),
        ('"metadata": "just text"', {"metadata": "just text"}, None),
        ('"spans": [[0, 4]]', {}, [Span(start=0, end=4)]),
        ('"spans": [{"start": 0, "end": 4}]', {}, [Span(start=0, end=4)]),
        ('"spans": []', {}, []),
        ('"spans": null', {}, None),
        ('"entities": [{"start": 0, "end": 4, "type": "mountain"}]', {}, None),  # labels stay out of the index
        ('"entities": ["Etna"]', {"entities": ["Etna"]}, None),
    ],
)
def test_metadata_spans_and_labels_are_told_apart(read, fields, metadata, spans):
    [document], problems = read("a.jsonl", f'{{"id": "a", "text": "Etna smokes.", {fields}}}')
    assert (document.metadata, document.spans, problems) == (metadata, spans, [])


def test_fields_can_have_other_names(read):
    line = '{"key": 7, "body": "Etna smokes.", "id": "other", "text": "title"}'
    [document], _ = read("a.jsonl", line, id_field="key", text_field="body")
    assert (document.id, document.text) == ("7", "Etna smokes.")
    assert document.metadata == {"id": "other", "text": "title"}


def test_missing_ids_are_numbered_on_request(read, tmp_path):
    content = lines('{"text": "one"}', "", '{"text": "two"}', '{"id": "own", "text": "three"}')
    documents, problems = read("a.jsonl", content, number_missing_ids=True)
    assert ids(documents) == [f"{tmp_path.name}/a.jsonl:1", f"{tmp_path.name}/a.jsonl:3", "own"]
    assert problems == []


def test_standard_input_is_json_lines():
    reader = DocumentReader(["-"], stdin=io.BytesIO(b'{"id": "a", "text": "x"}\nbroken\n'))
    assert ids(reader) == ["a"]
    assert str(reader.problems[0]).startswith("<stdin>, line 2: not JSON")


def test_reading_is_a_stream(put):
    reader = DocumentReader([put("a.jsonl", lines(FIRST, "broken"))])
    documents = iter(reader)
    assert next(documents).id == "first"
    assert reader.problems == []
    assert list(documents) == []
    assert len(reader.problems) == 1


def test_each_document_knows_its_line_although_others_were_refused(put):
    put("a.jsonl", lines('{"id": "a1", "text": "x"}', "broken", "", '{"id": "a4", "text": "x"}'))
    put("b.jsonl", lines("broken", '{"id": "b2", "text": "x"}', '{"id": "b3", "text": "x"}'))
    reader = DocumentReader(["a.jsonl", "b.jsonl"])
    places = [f"{document.id}: {reader.origin(position)}" for position, document in enumerate(reader)]
    assert places == [
        f"{name[0]}{line}: {name}, line {line}"
        for name, line in [("a.jsonl", 1), ("a.jsonl", 4), ("b.jsonl", 2), ("b.jsonl", 3)]
    ]
