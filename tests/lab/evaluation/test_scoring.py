"""From rankings to a report, and from a report to a table."""

import io

import pytest
from rich.console import Console

from nerret_tools import FailedDocument
from nerret_tools.lab.evaluation import EvaluationReport, LabelledData, render
from nerret_tools.lab.evaluation.report import CoverageReport
from nerret_tools.lab.evaluation.scoring import compare_with_best, score_system

DATA = LabelledData(
    documents=[],
    types={"b": "bird", "r": "river"},
    relevant={"b": frozenset({"d1", "d2"}), "r": frozenset({"d3"})},
    left_out=["ship"],
)
GOOD = {"b": ["d1", "d2", "d3"], "r": ["d3", "d1"]}
POOR = {"b": ["d1", "d3", "d2"], "r": ["d1", "d2", "d3"]}
WORST = {"b": ["d3"], "r": ["d2", "d3"]}


def test_every_type_and_the_mean_over_types_are_scored():
    report = score_system("poor", DATA, POOR)
    assert [row.r_precision for row in report.types] == [0.5, 0.0]
    assert report.macro.r_precision == 0.25
    assert [row.precision_at_50 for row in report.types] == [2 / 50, 1 / 50]
    assert report.macro.precision_at_200 == pytest.approx((2 / 200 + 1 / 200) / 2)
    assert [(row.description, row.relevant) for row in report.types] == [("bird", 2), ("river", 1)]


def test_the_cut_off_judges_the_beginning_of_the_ranking():
    report = score_system("nerret", DATA, GOOD, returned={"b": 3, "r": 1})
    bird, river = report.types
    assert (bird.returned, bird.precision, bird.recall) == (3, pytest.approx(2 / 3), 1.0)
    assert (river.returned, river.precision, river.recall, river.f1) == (1, 1.0, 1.0, 1.0)
    assert report.macro.f1 == pytest.approx((0.8 + 1.0) / 2)


def test_a_system_without_cut_off_has_no_figures_for_it():
    assert score_system("poor", DATA, POOR).macro.f1 is None


def test_the_comparison_is_with_the_best_baseline():
    ours = score_system("nerret", DATA, GOOD)
    best = compare_with_best(ours, [score_system("worst", DATA, WORST), score_system("poor", DATA, POOR)])
    assert best is not None
    assert (best.baseline, best.types) == ("poor", 2)
    assert best.p == 0.5  # two types, both better: 2 of 4 sign patterns are as extreme
    assert compare_with_best(ours, []) is None


def report_of(**changes):
    ours = score_system("nerret", DATA, GOOD, returned={"b": 3, "r": 1})
    fields = {
        "model": "m", "fingerprint": "f00", "spans": "detected", "documents": 3, "mentions": 5,
        "failed": [], "left_out": ["ship"], "index_seconds": 1.0, "find_seconds": 0.1, "systems": [ours],
    }  # fmt: skip
    return EvaluationReport(**(fields | changes))


def printed(report):
    console = Console(file=io.StringIO(), width=160)
    console.print(render(report))
    return console.file.getvalue()


def test_the_table_shows_systems_types_and_what_was_left_out():
    poor = score_system("poor", DATA, POOR)
    ours = score_system("nerret", DATA, GOOD, returned={"b": 3, "r": 1})
    text = printed(report_of(systems=[ours, poor], significance=compare_with_best(ours, [poor])))
    rows = [line.split() for line in text.splitlines() if line.split()[:1] == ["bird"]]
    assert rows == [
        ["bird", "2", "1.000", "0.500", "0.040", "0.010"],
        ["bird", "2", "3", "0.667", "1.000", "0.800"],
    ]
    assert "R-Precision 1.000 against 0.250 of poor, the best baseline: two-sided Wilcoxon p = 0.5" in text
    assert "no document has them (1): ship" in text


def test_the_table_shows_coverage_and_documents_that_failed():
    spans = CoverageReport(
        gold_spans=4,
        matched=3,
        predicted_spans=6,
        coverage=0.75,
        predicted_per_document=2.0,
        predicted_per_gold=1.5,
    )
    failure = FailedDocument(id="d9", position=3, reason="its text is [b]empty[/b]")
    text = printed(report_of(coverage=spans, failed=[failure]))
    assert "Coverage: 0.750 (3 of 4 gold spans); 2.00 predicted spans a document, 1.50 for each gold one." in text
    assert "Not indexed: 'd9': its text is [b]empty[/b]" in text


def test_a_report_survives_json():
    report = report_of()
    assert EvaluationReport.model_validate_json(report.model_dump_json()) == report
