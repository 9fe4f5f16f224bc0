"""The page of a report, written from results made by hand."""

import re

import pytest

from nerret_tools.lab.evaluation.ablations import Ablation
from nerret_tools.lab.evaluation.calibration import calibration_report
from nerret_tools.lab.evaluation.coverage import coverage
from nerret_tools.lab.evaluation.faults import FaultFinder
from nerret_tools.lab.evaluation.page import interval, plain, write_page
from nerret_tools.lab.evaluation.results import (
    AmbiguousReport,
    CoveragePoint,
    Estimate,
    Example,
    FamiliarityRow,
    Fault,
    NameReport,
    PassagePoint,
    Report,
    SetReport,
)
from nerret_tools.lab.evaluation.scoring import compare, score_system

HALF = Estimate(mean=0.5, low=0.25, high=0.75)
SYSTEMS = ("nerret, detected spans", "nerret, gold spans", "bm25", "dense")


def test_what_means_something_in_markdown_is_shown_as_it_is():
    assert plain("a|b *c* <d>\n[e](f) `g`") == r"a\|b \*c\* \<d\> \[e\](f) \`g\`"


def test_an_interval_is_shown_where_there_is_one():
    assert interval(HALF) == "0.50 (0.25 to 0.75)"
    assert interval(Estimate(mean=0.5)) == "0.50"


@pytest.fixture
def report(rivers):
    data, answers, predicted = rivers
    systems = [score_system(name, data, answers.ids, answers.returned) for name in SYSTEMS]
    faults = [FaultFinder(data, answers, predicted)._study("river", None)]
    faults[0].missed = [
        Example(document_id="low", before="the | ", name="Abc", after=" of", fault=Fault.RANKER, place=5, relevance=0.2)
    ]
    faults[0].wrong = [
        Example(document_id="x", before="", name="T", after="", fault=None, marked_as=["a*"], place=2, relevance=0.8)
    ]
    one = SetReport(
        name="A *set*",
        folder="a-set",
        model="m",
        fingerprint="f00",
        precision="float32",
        documents=7,
        left_out=[f"l{number}" for number in range(12)],
        systems=systems,
        comparisons=[compare(systems[0], systems[2:])],
        coverage=coverage((document.gold_spans(), predicted[document.id]) for document in data.documents),
        seconds={"all": 90.0},
        calibration=calibration_report(data, answers, systems[0]),
        ablations=[Ablation(name="the mention alone", projected=False, r_precision=HALF, types={})],
        sensitivity=[CoveragePoint(kept=0.9, r_precision=HALF)],
        passages=[PassagePoint(sentences=10, documents=200, r_precision=HALF, recall=0.6)],
        familiarity=[FamiliarityRow(group="neither", types=2, r_precision=dict.fromkeys(SYSTEMS, HALF))],
        faults=faults,
        figures={name: f"{name}.png" for name in ("recall", "types", "reliability")},
        missing_figures={"mentions": "too few"},
    )
    names = [NameReport(name="mercury", senses=["god", "planet"], pairs=9, accuracy=dict.fromkeys(SYSTEMS, 0.75))]
    ambiguous = AmbiguousReport(
        model="m",
        fingerprint="f00",
        documents=96,
        types=9,
        r_precision=dict.fromkeys(SYSTEMS, HALF),
        accuracy=dict.fromkeys(SYSTEMS, 0.75),
        names=names,
    )
    return Report(sets=[one], ambiguous=ambiguous)


def test_every_section_is_there_and_every_table_is_whole(report, tmp_path):
    text = write_page(report, figures=tmp_path / "report", page=tmp_path / "docs" / "page.md")
    assert re.findall(r"^#+ .*$", text, flags=re.MULTILINE) == [
        "# Evaluation",
        r"## A \*set\*",
        "### Ranking",
        "### What each part is worth",
        "### Detection",
        "### Sentences and passages",
        "### Calibration and the default cut-off",
        "### Every type",
        "### Types that the training had",
        "### The worst type",
        "### A map of the mentions",
        "## Ambiguous names",
    ]
    tables = re.findall(r"(?:^\|.*\|\n)+", text, flags=re.MULTILINE)
    assert len(tables) == 12
    for table in tables:
        rows = [re.sub(r"\\\|", "", row).count("|") for row in table.splitlines()]
        assert len(set(rows)) == 1, table
        assert len(rows) >= 3, table
    assert "{" not in text
    assert "different models" not in text
    assert "l0, l1, l2, l3, l4, l5, l6, l7, l8, l9 and 2 more." in text
    assert "../report/a-set/recall.png" in text
    assert "| 10 | 200 | 0.50 (0.25 to 0.75) | 0.60 |" in text
    assert "- missing, detected, ranked too low (place 5, relevance 0.20), low: “the \\| **Abc** of”" in text
    assert r"- wrong, place 2 (relevance 0.80, marked as a\*), x: “**T**”" in text
    assert "Not drawn: too few." in text


def test_sets_of_different_models_are_told_apart(report, tmp_path):
    report.sets[0].fingerprint = "other"
    assert "different models" in write_page(report, figures=tmp_path, page=tmp_path / "page.md")
