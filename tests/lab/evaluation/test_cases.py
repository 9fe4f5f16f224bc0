"""Small cases of right and wrong texts, judged on the real path."""

import json

import pytest

from nerret_tools.errors import DataFileError
from nerret_tools.lab.evaluation.cases import Case, judge, read_cases, run_cases


def case(**expected):
    docs = [{"id": name, "text": "A text.", "expected": right} for name, right in expected.items()]
    return Case.model_validate({"case": "c", "type": "river", "docs": docs})


@pytest.mark.parametrize(
    ("relevances", "listed", "ordered", "cut_off_right"),
    [
        ({"a": 0.9, "b": 0.8, "x": 0.1}, {"a", "b"}, True, True),
        ({"a": 0.9, "b": 0.2, "x": 0.1}, {"a"}, True, False),
        ({"a": 0.9, "x": 0.8, "b": 0.7}, {"a", "x", "b"}, False, False),
        ({"a": 0.9, "x": 0.1}, {"a"}, False, False),  # a right text without a mention is below all
        ({"a": 0.9, "b": 0.8}, {"a", "b"}, True, True),  # and so is a wrong one
    ],
)
def test_every_right_text_must_stand_above_every_wrong_one(relevances, listed, ordered, cut_off_right):
    found = judge(case(a=True, b=True, x=False), relevances, listed)
    assert (found.ordered, found.cut_off_right) == (ordered, cut_off_right)


def test_where_nothing_is_right_the_list_must_be_empty():
    assert judge(case(x=False), {"x": 0.1}, set()).cut_off_right
    assert not judge(case(x=False), {"x": 0.9}, {"x"}).cut_off_right


def test_cases_are_indexed_each_by_itself_and_asked_for(tmp_path):
    docs = [
        {"id": "r", "text": "Barges go down the river Loire.", "expected": True},
        {"id": "n", "text": "It rained, and nobody wanted to go out.", "expected": False},
    ]
    path = tmp_path / "cases.jsonl"
    line = {"case": "rivers", "type": "river", "trouble": "none", "docs": docs}
    path.write_text(json.dumps(line) + "\n\n" + json.dumps(line | {"case": "again"}), encoding="utf-8")
    report = run_cases(read_cases(path))
    assert [one.case for one in report.cases] == ["rivers", "again"]
    assert report.ordered == 2
    assert report.cases[0].ranking[0] == "+r"
    assert report.cases[0].relevances == report.cases[1].relevances


def test_a_line_that_is_no_case_is_named(tmp_path):
    (tmp_path / "cases.jsonl").write_text('{"case": "a", "type": "river"}', encoding="utf-8")
    with pytest.raises(DataFileError, match=r"cases\.jsonl, line 1: docs: Field required"):
        read_cases(tmp_path / "cases.jsonl")
