"""From rankings to figures, how sure they are, and the table of them."""

import io
from itertools import product

import numpy as np
import pytest
from rich.console import Console

from nerret_tools import FailedDocument
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.results import CoverageReport, SetReport
from nerret_tools.lab.evaluation.scoring import (
    RECALL_LENGTHS,
    compare,
    estimate,
    recall_curve,
    score_system,
    wilcoxon_p,
)
from nerret_tools.lab.evaluation.table import render

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
    assert report.r_precision.mean == 0.25
    assert [row.precision_at_50 for row in report.types] == [2 / 50, 1 / 50]
    assert report.precision_at_200.mean == pytest.approx((2 / 200 + 1 / 200) / 2)
    assert [(row.description, row.relevant) for row in report.types] == [("bird", 2), ("river", 1)]


def test_the_cut_off_judges_the_beginning_of_the_ranking():
    report = score_system("nerret", DATA, GOOD, returned={"b": 3, "r": 1})
    bird, river = report.types
    assert (bird.returned, bird.precision, bird.recall) == (3, pytest.approx(2 / 3), 1.0)
    assert (river.returned, river.precision, river.recall, river.f1) == (1, 1.0, 1.0, 1.0)
    assert report.f1 == pytest.approx((0.8 + 1.0) / 2)


def test_a_system_without_cut_off_has_no_figures_for_it():
    assert score_system("poor", DATA, POOR).f1 is None


def report_of(**changes):
    ours = score_system("nerret", DATA, GOOD, returned={"b": 3, "r": 1})
    fields = {
        "model": "m", "fingerprint": "f00", "documents": 3, "mentions": {"nerret": 5},
        "left_out": ["ship"], "seconds": {"all": 1.0}, "systems": [ours],
    }  # fmt: skip
    return SetReport(**(fields | changes))


def printed(report):
    console = Console(file=io.StringIO(), width=160)
    console.print(render(report))
    return console.file.getvalue()


def test_the_table_shows_systems_types_and_what_was_left_out():
    poor = score_system("poor", DATA, POOR)
    ours = score_system("nerret", DATA, GOOD, returned={"b": 3, "r": 1})
    text = printed(report_of(systems=[ours, poor], comparisons=[compare(ours, [poor])]))
    rows = [line.split() for line in text.splitlines() if line.split()[:1] == ["bird"]]
    assert rows == [["bird", "2", "1.000", "0.500", "0.040", "0.010"], ["bird", "2", "3", "0.667", "1.000", "0.800"]]
    assert "R-Precision 1.000 against 0.250 of poor, the best baseline: two-sided Wilcoxon p = 0.5" in text
    assert "no document has them (1): ship" in text


def test_the_table_shows_coverage_and_documents_that_failed():
    spans = CoverageReport(
        gold_spans=4, matched=3, predicted_spans=6, coverage=0.75, predicted_per_document=2.0, predicted_per_gold=1.5
    )
    failure = FailedDocument(id="d9", position=3, reason="its text is [b]empty[/b]")
    text = printed(report_of(coverage=spans, failed=[failure]))
    assert "Coverage: 0.750 (3 of 4 gold spans); 2.00 predicted spans a document, 1.50 for each gold one." in text
    assert "Not indexed: 'd9': its text is [b]empty[/b]" in text


def test_a_report_survives_json():
    report = report_of()
    assert SetReport.model_validate_json(report.model_dump_json()) == report


def exact_p(differences):
    """All sign patterns of the ranks, counted: the test's definition, for distinct sizes."""
    ranks = [sorted(map(abs, differences)).index(abs(value)) + 1 for value in differences]
    positive = sum(rank for rank, value in zip(ranks, differences, strict=True) if value > 0)
    centre = sum(ranks) / 2
    patterns = list(product((0, 1), repeat=len(ranks)))
    extreme = [
        pattern
        for pattern in patterns
        if abs(sum(rank for rank, sign in zip(ranks, pattern, strict=True) if sign) - centre) >= abs(positive - centre)
    ]
    return len(extreme) / len(patterns)


@pytest.mark.parametrize("differences", [(0.1, 0.2, 0.3, 0.4, 0.5), (0.1, -0.2, 0.3, 0.45, 0.5, 0.61), (-0.3, 0.1)])
def test_p_counts_sign_patterns(differences):
    assert wilcoxon_p(differences, [0.0] * len(differences)) == pytest.approx(exact_p(differences))


def test_sixteen_types_that_all_improve_are_significant():
    assert wilcoxon_p([place / 16 + 0.01 * (place + 1) for place in range(16)], [p / 16 for p in range(16)]) < 1e-3


def test_equal_scores_have_p_one_and_pairs_are_needed():
    assert wilcoxon_p([0.3, 0.4], [0.3, 0.4]) == 1.0
    for one, other, complaint in (([0.1], [0.1, 0.2], "as many"), ([], [], "at least one")):
        with pytest.raises(ValueError, match=complaint):
            wilcoxon_p(one, other)


def test_the_interval_is_where_means_of_resampled_types_fall():
    values = [0.1, 0.2, 0.2, 0.5, 0.55, 0.6, 0.9, 0.95]
    found = estimate(values)
    chance = np.random.default_rng(5)
    means = chance.choice(values, size=(40_000, len(values))).mean(axis=1)
    assert found.mean == pytest.approx(0.5)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=0.01)


def test_intervals_are_the_same_every_time_without_width_where_all_agree_and_none_for_one_type():
    assert estimate([0.1, 0.4, 0.9]) == estimate([0.1, 0.4, 0.9])
    agreed, one = estimate([0.25, 0.25, 0.25]), estimate([0.4])
    assert (agreed.low, agreed.high) == pytest.approx((0.25, 0.25))
    assert (one.mean, one.low, one.high) == (0.4, None, None)


def test_recall_grows_with_the_list_and_stays_where_the_ranking_ends():
    curve = dict(zip(RECALL_LENGTHS, recall_curve(["a", "x", "b", "y"], frozenset("abc")), strict=True))
    assert curve[0] == 0
    assert curve[0.35] == pytest.approx(1 / 3)  # one place
    assert curve[1] == pytest.approx(2 / 3)  # three places
    assert curve[5] == pytest.approx(2 / 3)  # fifteen places, of which four are filled


def test_at_length_one_recall_is_r_precision(rivers):
    data, answers, _ = rivers
    system = score_system("nerret", data, answers.ids)
    assert system.recall_curve[RECALL_LENGTHS.index(1)] == pytest.approx(system.r_precision.mean)


def test_the_best_baseline_is_the_one_that_is_compared_with(rivers):
    data, answers, _ = rivers
    ours = score_system("nerret", data, answers.ids)
    nothing = score_system("nothing", data, {label: [] for label in data.types})
    perfect = score_system("perfect", data, {label: sorted(data.relevant[label]) for label in data.types})
    comparison = compare(ours, [nothing, perfect])
    assert comparison.baseline == "perfect"
    # R-Precision 2/4 and 3/3, against 1 and 1
    assert comparison.difference.mean == pytest.approx(-0.25)
    assert compare(ours, [nothing]).difference.mean == pytest.approx(0.75)
