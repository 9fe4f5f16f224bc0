"""Reading labelled data, and what is said about data that cannot be read."""

import json

import pytest

from nerret_tools.errors import DataFileError
from nerret_tools.lab.evaluation.labelled import read_labelled

TYPES = {"bird": "bird", "river": "river", "ship": "ship", "other": None}
ROBIN = {"id": "a", "text": "A robin sang.", "entities": [{"start": 2, "end": 7, "type": "bird"}]}
RHINE = {
    "id": "b",
    "text": "The Rhine, near the Mosel.",
    "entities": [
        {"start": 4, "end": 9, "type": "river"},
        {"start": 20, "end": 25, "type": "river"},
        {"start": 4, "end": 9, "type": "other"},
    ],
}
PLAIN = {"id": "c", "text": "Nothing is named here.", "entities": []}


@pytest.fixture
def write(tmp_path):
    def _write(lines, types=TYPES):
        labelled, described = tmp_path / "labelled.jsonl", tmp_path / "types.json"
        labelled.write_text(
            "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8"
        )
        described.write_text(types if isinstance(types, str) else json.dumps(types), encoding="utf-8")
        return labelled, described

    return _write


def test_documents_types_and_relevance_are_read(write):
    data = read_labelled(*write([ROBIN, RHINE, PLAIN]))
    assert [document.id for document in data.documents] == ["a", "b", "c"]
    assert data.types == {"bird": "bird", "river": "river"}
    assert data.relevant == {"bird": {"a"}, "river": {"b"}}
    assert data.left_out == ["ship"], "which no document has; what has no description is not evaluated"


def test_a_span_with_two_labels_is_one_gold_span(write):
    data = read_labelled(*write([RHINE]))
    assert [(span.start, span.end) for span in data.documents[0].gold_spans()] == [(4, 9), (20, 25)]


def test_blank_lines_and_a_byte_order_mark_are_no_documents(write):
    paths = write(["\ufeff" + json.dumps(ROBIN), "", "   ", RHINE, ""])
    assert len(read_labelled(*paths).documents) == 2


def test_a_line_separator_inside_a_text_does_not_break_the_line(write):
    line = json.dumps({**PLAIN, "text": "one\u2028two"}, ensure_ascii=False)
    assert len(read_labelled(*write([ROBIN, line])).documents) == 2


def test_a_limit_reads_the_first_documents_and_judges_by_them(write):
    data = read_labelled(*write([ROBIN, RHINE, "not read any more"]), limit_documents=1)
    assert [document.id for document in data.documents] == ["a"]
    assert data.left_out == ["river", "ship"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{broken", "not JSON"),
        ("[1, 2]", "expected a JSON object"),
        ({"id": "x", "entities": []}, "text: Field required"),
        (r'{"id": "x", "text": "\ud800", "entities": []}', "text: half a surrogate pair"),
        ({"id": "x", "text": "y"}, "entities: Field required"),
        ({"id": 7, "text": "y", "entities": []}, "id: Input should be a valid string"),
        ({"id": "x", "text": "y", "entities": [{"start": 0, "type": "bird"}]}, "entities.0.end: Field required"),
        ({"id": "x", "text": "y", "entities": [{"start": 0, "end": "1", "type": "bird"}]}, "entities.0.end"),
        ({"id": "x", "text": "y", "entities": [{"start": 0, "end": 2, "type": "bird"}]}, r"\[0, 2\) is not in"),
        ({"id": "x", "text": "y", "entities": [{"start": 1, "end": 1, "type": "bird"}]}, r"\[1, 1\) is not in"),
        ({"id": "x", "text": "y", "entities": [{"start": 0, "end": 1, "type": "cat"}]}, "'cat' is not in"),
        ({**PLAIN, "id": "a"}, "id 'a' is already on line 1"),
    ],
)
def test_a_bad_line_is_named_with_its_file_and_number(write, line, complaint):
    with pytest.raises(DataFileError, match=rf"labelled\.jsonl, line 3: .*{complaint}"):
        read_labelled(*write([ROBIN, RHINE, line, PLAIN]))


@pytest.mark.parametrize(
    ("types", "complaint"),
    [
        ("{", "not JSON"),
        ("[]", "expected a JSON object"),
        ("{}", "expected a JSON object"),
        ('{"bird": 3}', "description of 'bird'"),
        ('{"bird": "  "}', "description of 'bird'"),
    ],
)
def test_bad_types_are_named_with_their_file(write, types, complaint):
    with pytest.raises(DataFileError, match=rf"types\.json: .*{complaint}"):
        read_labelled(*write([ROBIN], types))


def test_a_missing_file_a_folder_and_foreign_bytes_are_data_file_errors(write, tmp_path):
    labelled, types = write([ROBIN])
    with pytest.raises(DataFileError, match=r"nowhere\.jsonl: cannot be read"):
        read_labelled(tmp_path / "nowhere.jsonl", types)
    with pytest.raises(DataFileError, match="cannot be read"):
        read_labelled(tmp_path, types)
    labelled.write_bytes(b'{"id": "\xff"}')
    with pytest.raises(DataFileError, match="not UTF-8"):
        read_labelled(labelled, types)


def test_no_documents_and_nothing_to_evaluate_are_errors(write):
    with pytest.raises(DataFileError, match="no documents"):
        read_labelled(*write([""]))
    with pytest.raises(DataFileError, match="nothing to evaluate"):
        read_labelled(*write([PLAIN]))


def test_a_document_may_say_of_which_labels_nobody_knows(tmp_path):
    lines = [
        {"id": "a", "text": "Loire", "entities": [{"start": 0, "end": 5, "type": "river"}], "unknown": ["river"]},
        {"id": "b", "text": "Ebro", "entities": [], "unknown": ["river", "dam"]},
        {"id": "c", "text": "Rain", "entities": []},
    ]
    (tmp_path / "data.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    (tmp_path / "types.json").write_text(json.dumps({"river": "river"}), encoding="utf-8")
    data = read_labelled(tmp_path / "data.jsonl", tmp_path / "types.json")
    assert data.relevant == {"river": {"a"}}  # what is marked is known
    assert data.known("river") == ["a", "c"]


def test_a_draw_keeps_what_is_relevant_and_drops_types_that_are_gone(small_world):
    data = read_labelled(*small_world)
    drawn = data.draw(3)
    assert [one.id for one in drawn.documents] == [one.id for one in data.draw(3).documents]
    ids = {one.id for one in drawn.documents}
    assert len(ids) == 3
    assert drawn.relevant == {label: found & ids for label, found in data.relevant.items() if found & ids}
    assert set(drawn.types) == set(drawn.relevant)
