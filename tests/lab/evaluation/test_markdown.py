"""Texts in Markdown."""

from nerret_tools.lab.evaluation.markdown import escape, interval, paragraph, table
from nerret_tools.lab.evaluation.results import Estimate


def test_what_means_something_in_markdown_is_shown_as_it_is():
    assert escape("a|b *c* <d>\n[e](f) `g`") == r"a\|b \*c\* \<d\> \[e\](f) \`g\`"


def test_an_interval_is_shown_where_there_is_one():
    assert interval(Estimate(mean=0.5, low=0.25, high=0.75)) == "0.50 (0.25 to 0.75)"
    assert interval(Estimate(mean=0.5)) == "0.50"


def test_paragraphs_are_wrapped_at_one_width():
    lines = paragraph("word " * 100).split("\n")
    assert len(lines) == 5
    assert all(len(line) <= 120 for line in lines)


def test_a_table_has_a_rule_below_its_headings():
    assert table(("a", "b"), [["x", "1"]]).split("\n") == ["| a | b |", "| --- | ---: |", "| x | 1 |"]
