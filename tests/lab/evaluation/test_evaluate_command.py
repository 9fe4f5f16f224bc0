"""`nerret evaluate` from the command line to the figures, on the real path."""

import sys

import pytest
from typer.testing import CliRunner

from nerret_tools import Document, EntityIndex
from nerret_tools.cli.app import app
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.evaluation.results import SetReport


def run(*arguments):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


@pytest.fixture(scope="module")
def gold(small_world):
    labelled, types = small_world
    ran = run(labelled, "--types", types, "--spans", "gold", "--baseline", "bm25", "--baseline", "dense", "--json")
    assert ran.exit_code == 0, ran.output
    return ran


@pytest.fixture(scope="module")
def detected(small_world):
    labelled, types = small_world
    ran = run(labelled, "--types", types)
    assert ran.exit_code == 0, ran.output
    return ran


def test_json_on_stdout_is_the_report_and_progress_is_on_stderr(gold):
    report = SetReport.model_validate_json(gold.stdout)
    assert [system.name for system in report.systems] == ["nerret, gold spans", "bm25", "dense"]
    assert (report.documents, report.mentions) == (12, {"nerret, gold spans": 12})
    assert report.left_out == ["planet"]
    assert report.failed == []
    assert "Indexing 12 documents with gold spans" in gold.stderr


def test_figures_are_those_of_the_answers_that_find_gives(gold, small_world, tmp_path):
    data = read_labelled(*small_world)
    with EntityIndex.open(tmp_path / "index") as index:
        index.add(Document(id=d.id, text=d.text, spans=d.gold_spans()) for d in data.documents)
        for row in SetReport.model_validate_json(gold.stdout).systems[0].types:
            relevant = data.relevant[row.label]
            complete = [hit.document_id for hit in index.find(row.description, min_relevance=0).hits]
            assert row.r_precision == len(relevant.intersection(complete[: len(relevant)])) / len(relevant)
            assert row.precision_at_50 == len(relevant.intersection(complete[:50])) / 50
            returned = [hit.document_id for hit in index.find(row.description).hits]
            assert row.returned == len(returned)
            assert row.recall == len(relevant.intersection(returned)) / len(relevant)


def test_the_model_beats_the_words_of_the_type_names(gold):
    nerret, bm25, _ = SetReport.model_validate_json(gold.stdout).systems
    assert nerret.r_precision.mean > bm25.r_precision.mean


def test_only_detected_spans_have_a_coverage(gold, detected):
    assert SetReport.model_validate_json(gold.stdout).coverage is None
    assert "of 12 gold spans" in detected.stdout


def test_without_a_baseline_nothing_is_tested_for_significance(gold, detected):
    assert SetReport.model_validate_json(gold.stdout).comparisons
    assert "Wilcoxon" not in detected.stdout


def test_a_broken_line_is_named_and_exits_with_wrong_input(small_world, tmp_path):
    broken = tmp_path / "broken.jsonl"
    broken.write_text(small_world[0].read_text(encoding="utf-8").replace('{"id": "r2"', '{"id": '), encoding="utf-8")
    ran = run(broken, "--types", small_world[1])
    assert ran.exit_code == 2
    assert "broken.jsonl, line 2" in ran.stderr
    assert ran.stdout == ""


@pytest.mark.parametrize("package", ["bm25s", "scipy.stats"])
def test_a_missing_package_is_said_before_any_work(package, small_world, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    ran = run(small_world[0], "--types", small_world[1], "--baseline", "bm25")
    assert ran.exit_code == 1
    assert "pip install 'nerret-tools[evaluation]'" in ran.stderr
    assert "Indexing" not in ran.stderr


def test_an_unknown_baseline_is_wrong_usage(small_world):
    assert run(small_world[0], "--types", small_world[1], "--baseline", "oracle").exit_code == 2


def test_a_limit_takes_the_first_documents(small_world):
    ran = run(small_world[0], "--types", small_world[1], "--spans", "gold", "--limit-documents", 5, "--json")
    report = SetReport.model_validate_json(ran.stdout)
    assert (report.documents, [row.label for row in report.systems[0].types]) == (5, ["river", "bird"])
