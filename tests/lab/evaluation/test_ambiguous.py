"""The sentences about ambiguous names, and how often the right sense wins."""

import pytest

from nerret_tools.lab.evaluation.ambiguous_names import name_reports, read_ambiguous

from .conftest import document, labelled_data


def test_every_ambiguous_name_has_three_sentences_for_each_sense():
    data = read_ambiguous()
    assert 60 <= len(data.documents) <= 100
    reports = name_reports(data, {})
    assert {"bank", "mercury", "jaguar"} <= {one.name for one in reports}
    for one in reports:
        assert one.pairs == 3 * 3 * len(one.senses) * (len(one.senses) - 1)


def test_marked_spans_are_whole_words():
    for one in read_ambiguous().documents:
        for entity in one.entities:
            around = f" {one.text} "[entity.start], f" {one.text} "[entity.end + 1]
            assert not any(character.isalnum() for character in around), one.text


def test_a_pair_is_won_by_the_higher_document_and_shared_by_two_that_are_not_ranked():
    data = labelled_data([document("r1", "river"), document("r2", "river"), document("t1", "town")], ["river", "town"])
    found = {
        "first": {"river": ["r1", "t1", "r2"], "town": ["t1", "r1", "r2"]},
        "second": {"river": ["t1"], "town": []},
    }
    (report,) = name_reports(data, found)
    # pairs: r1 over t1, r2 over t1 for "river"; t1 over r1, t1 over r2 for "town"
    assert (report.name, report.senses, report.pairs) == ("abcdefghij", ["river", "town"], 4)
    assert report.accuracy == {"first": pytest.approx(3 / 4), "second": pytest.approx((0 + 0 + 0.5 + 0.5) / 4)}


def test_a_document_that_is_right_for_another_reason_makes_no_pair():
    data = labelled_data([document("r1", "river"), document("t1", "town", "river")], ["river", "town"])
    (report,) = name_reports(data, {})
    assert report.pairs == 1 + 0  # for "town", t1 over r1; for "river" both are right
