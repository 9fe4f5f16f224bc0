import datetime
import decimal
import sys

import pyarrow
import pyarrow.parquet
import pytest

from nerret_tools import Span
from nerret_tools.errors import MissingExtraError
from nerret_tools.intake import checked
from nerret_tools.reading import DocumentReader


@pytest.fixture
def read(tmp_path):
    """Reads a file of these columns: its documents, its problems in words, and the reader."""

    def documents(columns):
        pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
        reader = DocumentReader([tmp_path / "a.parquet"])
        return list(reader), [str(problem).rpartition("a.parquet")[2] for problem in reader.problems], reader

    return documents


def test_rows_become_documents_and_other_columns_metadata(read):
    spans = [[{"start": 0, "end": 3}], None]
    documents, problems, _ = read({"id": [1, 2], "text": ["one", "two"], "year": [1990, None], "spans": spans})
    assert [(one.id, one.text, one.metadata, one.spans) for one in documents] == [
        ("1", "one", {"year": 1990}, [Span(start=0, end=3)]),
        ("2", "two", {}, None),
    ]
    assert problems == []


def test_values_that_json_does_not_know_become_text(read):
    values = {
        "day": datetime.date(2020, 2, 29),
        "price": decimal.Decimal("1.10"),
        "raw": b"\xff\x00",
        "nested": {"a": [1, 2]},
        "missing": float("nan"),
    }
    [document], _, _ = read({"id": ["a"], "text": ["x"]} | {name: [value] for name, value in values.items()})
    plain = {"day": "2020-02-29", "price": "1.10", "raw": "_wA=", "nested": {"a": [1, 2]}, "missing": None}
    assert checked(document).document.metadata == plain


def test_a_row_without_a_text_is_named_and_the_others_are_read(read):
    documents, problems, reader = read({"id": ["a", "b", "c"], "text": ["x", None, "z"]})
    assert [document.id for document in documents] == ["a", "c"]
    assert problems == [', row 2: no text: the field "text" is missing (fields: none)']
    assert str(reader.origin(1)).endswith("a.parquet, row 3")


def test_many_batches_keep_the_order(read):
    names = [f"d{number}" for number in range(3000)]
    assert [document.id for document in read({"id": names, "text": names})[0]] == names


def test_a_missing_column_is_one_problem(read):
    documents, [problem], _ = read({"name": ["a", "b"], "text": ["x", "y"]})
    assert documents == []
    assert problem.startswith(': the file has no column "id" (columns: name, text); name another with --id-field')


def test_bytes_in_the_text_column_are_utf8_or_reported(read):
    [document], [problem], _ = read({"Id": [b"a", b"b"], "TEXT": ["café".encode(), b"caf\xe9"]})
    assert (document.id, document.text) == ("a", "café")
    assert problem == ', row 2: the field "text" holds bytes that are not UTF-8 (byte 4); decode them first'


def test_a_file_without_rows_is_reported(read):
    empty = pyarrow.array([], "string")
    assert read({"id": empty, "text": empty})[:2] == ([], [": the file is empty"])


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing"])
def test_a_damaged_file_is_one_problem(tmp_path, content):
    (tmp_path / "a.parquet").write_bytes(content)
    reader = DocumentReader([tmp_path / "a.parquet"])
    assert list(reader) == []
    [problem] = reader.problems
    assert "a.parquet: not a readable Parquet file" in str(problem)


def test_without_pyarrow_the_error_says_what_to_install(read, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"nerret-tools\[parquet\]"):
        read({"id": ["a"], "text": ["x"]})
