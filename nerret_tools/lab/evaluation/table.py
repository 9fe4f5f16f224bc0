"""An evaluation as tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from nerret_tools.lab.evaluation.report import EvaluationReport, SystemReport, TypeReport


def render(report: EvaluationReport) -> Group:
    """Tables that fit into 80 columns (systems, types, cut-off) and the sentences that go with them."""
    parts: list[RenderableType] = [_systems(report), _types(report.systems), _cut_off(report.systems[0])]
    return Group(*parts, *map(Text, _notes(report)))


def _systems(report: EvaluationReport) -> Table:
    types = len(report.systems[0].types)
    table = _table(
        f"{report.documents:,} documents, {report.spans} spans, means over {types} types",
        ("system", "R-Precision", "P@50", "P@200", "precision", "recall", "F1"),
    )
    for system in report.systems:
        figures = system.macro
        table.add_row(
            system.name,
            *map(_figure, (figures.r_precision, figures.precision_at_50, figures.precision_at_200)),
            *map(_figure, (figures.precision, figures.recall, figures.f1)),
        )
    return table


def _types(systems: Sequence[SystemReport]) -> Table:
    names = (system.name for system in systems)
    table = _table("R-Precision by type", ("type", "relevant", *names, "P@50", "P@200"))
    for rows in zip(*(system.types for system in systems), strict=True):
        ours: TypeReport = rows[0]
        table.add_row(
            Text(ours.description),
            str(ours.relevant),
            *(_figure(row.r_precision) for row in rows),
            *map(_figure, (ours.precision_at_50, ours.precision_at_200)),
        )
    return table


def _cut_off(system: SystemReport) -> Table:
    table = _table("At the default cut-off", ("type", "relevant", "returned", "precision", "recall", "F1"))
    for row in system.types:
        table.add_row(
            Text(row.description),
            str(row.relevant),
            str(row.returned),
            *map(_figure, (row.precision, row.recall, row.f1)),
        )
    return table


def _table(title: str, headings: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column(headings[0], overflow="fold")
    for heading in headings[1:]:
        table.add_column(heading, justify="right")
    return table


def _notes(report: EvaluationReport) -> list[str]:
    notes = ["Precision, recall and F1 are those at the default cut-off; P@50 and P@200 by type are nerret's."]
    if report.significance is not None:
        test = report.significance
        ours, theirs = (
            next(system.macro.r_precision for system in report.systems if system.name == name)
            for name in (report.systems[0].name, test.baseline)
        )
        notes.append(
            f"R-Precision {ours:.3f} against {theirs:.3f} of {test.baseline}, the best baseline: "
            f"two-sided Wilcoxon p = {test.p:.2g} over {test.types} types."
        )
    if report.coverage is not None:
        spans = report.coverage
        notes.append(
            f"Coverage: {spans.coverage:.3f} ({spans.matched:,} of {spans.gold_spans:,} gold spans); "
            f"{spans.predicted_per_document:.2f} predicted spans a document, "
            f"{spans.predicted_per_gold:.2f} for each gold one."
        )
    notes.append(
        f"Model {report.model} ({report.fingerprint}): {report.mentions:,} mentions, "
        f"indexed in {report.index_seconds:.1f} s, ranked in {report.find_seconds:.2f} s."
    )
    if report.left_out:
        labels = ", ".join(report.left_out)
        notes.append(f"Left out, because no document has them ({len(report.left_out)}): {labels}.")
    notes.extend(f"Not indexed: {failure.id!r}: {failure.reason}" for failure in report.failed)
    return notes


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
