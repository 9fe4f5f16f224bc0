import datetime
import decimal
import sys

import pyarrow
import pyarrow.parquet
import pytest

from nerret_tools import Span
from nerret_tools.errors import MissingExtraError
from nerret_tools.intake import checked
from nerret_tools.reading import DocumentReader, Reading


def write(path, columns):
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return path


def read(path, **options):
    reader = DocumentReader([path], Reading(**options))
    return list(reader), [str(problem).rpartition("a.parquet")[2] for problem in reader.problems]


def test_rows_become_documents_and_other_columns_metadata(tmp_path):
    path = write(tmp_path / "a.parquet", {"id": [1, 2], "text": ["one", "two"], "year": [1990, None]})
    [first, second], problems = read(path)
    assert (first.id, first.text, first.metadata) == ("1", "one", {"year": 1990})
    assert (second.id, second.text, second.metadata) == ("2", "two", {})
    assert problems == []


def test_values_that_json_does_not_know_become_text(tmp_path):
    path = write(
        tmp_path / "a.parquet",
        {
            "id": ["a"],
            "text": ["x"],
            "day": [datetime.date(2020, 2, 29)],
            "price": [decimal.Decimal("1.10")],
            "raw": [b"\xff\x00"],
            "nested": [{"a": [1, 2]}],
            "missing": [float("nan")],
        },
    )
    [document], _ = read(path)
    assert checked(document).document.metadata == {
        "day": "2020-02-29",
        "price": "1.10",
        "raw": "_wA=",
        "nested": {"a": [1, 2]},
        "missing": None,
    }


def test_a_row_without_a_text_is_named_and_the_others_are_read(tmp_path):
    path = write(tmp_path / "a.parquet", {"id": ["a", "b", "c"], "text": ["x", None, "z"]})
    reader = DocumentReader([path])
    assert [document.id for document in reader] == ["a", "c"]
    assert str(reader.problems[0]).endswith('a.parquet, row 2: no text: the field "text" is missing (fields: none)')
    assert str(reader.origin(1)).endswith("a.parquet, row 3")


def test_many_batches_keep_the_order(tmp_path):
    names = [f"d{number}" for number in range(3000)]
    path = write(tmp_path / "a.parquet", {"id": names, "text": names})
    documents, _ = read(path)
    assert [document.id for document in documents] == names


def test_spans_are_lists_of_offsets(tmp_path):
    path = write(tmp_path / "a.parquet", {"id": ["a"], "text": ["Etna"], "spans": [[{"start": 0, "end": 4}]]})
    [document], _ = read(path)
    assert document.spans == [Span(start=0, end=4)]


def test_a_missing_column_is_one_problem(tmp_path):
    path = write(tmp_path / "a.parquet", {"name": ["a", "b"], "text": ["x", "y"]})
    documents, [problem] = read(path)
    assert documents == []
    assert problem.startswith(': the file has no column "id" (columns: name, text); name another with --id-field')


def test_bytes_in_the_text_column_are_utf8_or_reported(tmp_path):
    path = write(tmp_path / "a.parquet", {"Id": [b"a", b"b"], "TEXT": ["café".encode(), b"caf\xe9"]})
    [document], [problem] = read(path)
    assert (document.id, document.text) == ("a", "café")
    assert problem == ', row 2: the field "text" holds bytes that are not UTF-8 (byte 4); decode them first'


def test_a_file_without_rows_is_reported(tmp_path):
    path = write(tmp_path / "a.parquet", {"id": pyarrow.array([], "string"), "text": pyarrow.array([], "string")})
    assert read(path) == ([], [": the file is empty"])


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing"])
def test_a_damaged_file_is_one_problem(tmp_path, content):
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    documents, [problem] = read(path)
    assert documents == []
    assert problem.startswith(": not a readable Parquet file")


def test_without_pyarrow_the_error_says_what_to_install(tmp_path, monkeypatch):
    path = write(tmp_path / "a.parquet", {"id": ["a"], "text": ["x"]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"nerret-tools\[parquet\]"):
        list(DocumentReader([path]))
