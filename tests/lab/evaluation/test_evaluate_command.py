"""`nerret evaluate` from the command line to the figures, on the real path."""

import sys

import pytest

from nerret_tools import Document, EntityIndex
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.evaluation.results import SetReport

from .conftest import check_figures


@pytest.fixture(scope="module")
def ran(evaluate):
    return evaluate("--spans", "gold", "--baseline", "bm25", "--baseline", "dense", "--json")


@pytest.fixture(scope="module")
def gold(ran):
    assert ran.exit_code == 0, ran.output
    return SetReport.model_validate_json(ran.stdout)


@pytest.fixture(scope="module")
def detected(evaluate):
    ran = evaluate()
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def test_json_on_stdout_is_the_report_and_progress_is_on_stderr(gold, ran):
    assert [system.name for system in gold.systems] == ["nerret, gold spans", "bm25", "dense"]
    assert (gold.documents, gold.mentions) == (12, {"nerret, gold spans": 12})
    assert (gold.left_out, gold.failed) == (["planet"], [])
    assert "Indexing 12 documents with gold spans" in ran.stderr


def test_figures_are_those_of_the_answers_that_find_gives(gold, small_world, tmp_path):
    data = read_labelled(*small_world)
    with EntityIndex.open(tmp_path / "index") as index:
        index.add(Document(id=d.id, text=d.text, spans=d.gold_spans()) for d in data.documents)
        check_figures(gold.systems[0], data, index)


def test_the_model_beats_the_words_of_the_type_names(gold):
    nerret, bm25, _ = gold.systems
    assert nerret.r_precision.mean > bm25.r_precision.mean


def test_only_detected_spans_have_a_coverage(gold, detected):
    assert gold.coverage is None
    assert "of 12 gold spans" in detected


def test_without_a_baseline_nothing_is_tested_for_significance(gold, detected):
    assert gold.comparisons
    assert "Wilcoxon" not in detected


def test_a_broken_line_is_named_and_exits_with_wrong_input(evaluate, small_world, tmp_path):
    broken = tmp_path / "broken.jsonl"
    broken.write_text(small_world[0].read_text(encoding="utf-8").replace('{"id": "r2"', '{"id": '), encoding="utf-8")
    ran = evaluate(labelled=broken)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "broken.jsonl, line 2" in ran.stderr


@pytest.mark.parametrize("options", [("--baseline", "bm25"), ("--report", "REPORT")])
@pytest.mark.parametrize("package", ["bm25s", "scipy.stats", "matplotlib"])
def test_a_missing_package_is_said_before_any_work(evaluate, package, options, tmp_path, monkeypatch):
    if package == "matplotlib" and "--baseline" in options:
        pytest.skip("only a report has figures")
    monkeypatch.setitem(sys.modules, package, None)
    ran = evaluate(*(tmp_path if one == "REPORT" else one for one in options))
    assert ran.exit_code == 1
    assert "pip install 'nerret-tools[" in ran.stderr
    assert "Indexing" not in ran.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--baseline", "oracle"),
        ("--page", "page.md"),
        ("--name", "x"),
        ("--report", "r", "--baseline", "bm25"),
        ("--report", "r", "--spans", "gold"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(evaluate, options):
    assert evaluate(*options).exit_code == 2


def test_a_limit_takes_the_first_documents(evaluate):
    report = SetReport.model_validate_json(evaluate("--spans", "gold", "--limit-documents", 5, "--json").stdout)
    assert (report.documents, [row.label for row in report.systems[0].types]) == (5, ["river", "bird"])
