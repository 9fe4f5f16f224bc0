"""`nerret evaluate --report`: the whole run on a small world, from the command line to the page."""

import json
import re

import pytest

from nerret_tools import Document, EntityIndex
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.evaluation.writing import read_report

from .conftest import check_figures


@pytest.fixture(scope="module")
def folder(evaluate, training_data, tmp_path_factory):
    """The report of twelve sentences under one name and, of the first five, under another."""
    place = tmp_path_factory.mktemp("report")
    small = ("--name", "Small world", "--limit-documents", 5, "--no-excerpts")
    for options in (small, ("--page", place / "docs" / "page.md", "--trained", training_data)):
        ran = evaluate("--report", place / "report", *options)
        assert ran.exit_code == 0, ran.output
    return place / "report"


@pytest.fixture(scope="module")
def report(folder):
    return read_report(folder)


@pytest.fixture(scope="module")
def whole(report):
    return report.sets[1]


def test_each_run_adds_a_set_and_keeps_the_others(report):
    assert [(one.documents, one.limit_documents) for one in report.sets] == [(5, 5), (12, None)]
    assert report.sets[0].name == "Small world"
    assert re.fullmatch(r"small-world\d+/labelled", report.sets[1].name)  # the folder's and the file's names


def test_figures_are_those_of_the_answers_that_find_gives(whole, small_world, tmp_path):
    data = read_labelled(*small_world)
    for system, gold in zip(whole.systems[:2], (False, True), strict=True):
        with EntityIndex.open(tmp_path / f"gold-{gold}") as index:
            index.add(Document(id=d.id, text=d.text, spans=d.gold_spans() if gold else None) for d in data.documents)
            assert index.stats().mentions == whole.mentions[system.name]
            check_figures(system, data, index)


def test_every_relevant_document_is_found_or_somebodys_fault(whole):
    for row in whole.faults:
        assert row.found + row.detector + row.ranker + row.cut_off == row.relevant
        assert len(row.missed) <= row.relevant - row.found
    scores = {row.label: row.r_precision for row in whole.systems[0].types}
    worst_first = [scores[row.label] for row in whole.faults]
    assert worst_first == sorted(worst_first)


def test_a_wrong_document_is_shown_with_the_mention_that_brought_it_there(whole, small_world, tmp_path):
    data = read_labelled(*small_world)
    texts = {one.id: one.text for one in data.documents}
    wrong = [(row, example) for row in whole.faults for example in row.wrong]
    perfect = all(row.r_precision == 1 for row in whole.systems[0].types)
    assert bool(wrong) != perfect, "with R-Precision below 1 there is a wrong document among the first"
    with EntityIndex.open(tmp_path / "index") as index:
        index.add(Document(id=one.id, text=one.text) for one in data.documents)
        for row, example in wrong:
            hit = index.find(row.description, min_relevance=0).hits[example.place - 1]
            assert (hit.document_id, hit.mentions[0].text) == (example.document_id, example.name)
            assert example.document_id not in data.relevant[row.label]
            assert example.name in texts[example.document_id]


def test_without_excerpts_names_are_all_that_is_shown_of_the_data(report, whole):
    def around(one):
        return [example.before + example.after for row in one.faults for example in (*row.missed, *row.wrong)]

    assert set(around(report.sets[0])) == {""}
    assert all(around(whole))


def test_gold_spans_thin_out_from_what_the_gold_system_has(whole):
    assert whole.sensitivity[0].r_precision == whole.systems[1].r_precision == whole.ablations[0].r_precision
    assert whole.sensitivity[-1].kept == pytest.approx(8 / 12)


def test_the_right_sense_of_a_name_wins_more_often_than_by_words_alone(report):
    accuracy = report.ambiguous.accuracy
    assert accuracy["nerret, gold spans"] > 0.8 > accuracy["bm25"]


def test_figures_are_drawn_and_a_missing_one_is_explained(folder, whole):
    assert set(whole.figures) == {"recall", "types", "reliability"}
    for name in whole.figures.values():
        assert (folder / whole.folder / name).read_bytes().startswith(b"\x89PNG")
    assert whole.missing_figures == {"mentions": "11 mentions are too few for a map"}


def test_the_page_says_what_was_measured_and_its_links_lead_somewhere(folder, report, whole):
    page = folder.parent / "docs" / "page.md"
    text = page.read_text(encoding="utf-8")
    assert [line for line in text.split("\n") if line.startswith("## ")] == [
        "## Small world",
        f"## {whole.name}",
        "## Ambiguous names",
    ]
    assert re.search(r"\| this very wording \| [12] \|", text)
    assert text.count("### Types that the training had") == 1
    for system in whole.systems:
        assert f"| {system.name} | {system.r_precision.mean:.2f} (" in text
    links = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", text)
    assert len(links) == 2 * 3
    assert all((page.parent / link).is_file() for link in links)
    assert "Not drawn: 11 mentions are too few for a map." in text
    assert json.loads((folder / "report.json").read_text(encoding="utf-8"))["sets"][1]["name"] == whole.name


def test_without_a_page_option_the_page_is_in_the_folder(folder):
    assert (folder / "report.md").read_text(encoding="utf-8").startswith("# Evaluation\n")


def test_a_report_that_cannot_be_added_to_shows_before_any_work(evaluate, tmp_path):
    (tmp_path / "report.json").write_text('{"sets": 3}', encoding="utf-8")
    ran = evaluate("--report", tmp_path)
    assert ran.exit_code == 2
    assert "report.json is not a report of this version" in ran.stderr
    assert "Indexing" not in ran.stderr
