"""An evaluation as tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from nerret_tools.lab.evaluation.results import SetReport, SystemReport


def render(report: SetReport) -> Group:
    """Tables that fit into 80 columns (systems, types, cut-off) and the sentences that go with them."""
    parts: list[RenderableType] = [_systems(report), _types(report.systems)]
    if report.systems[0].f1 is not None:
        parts.append(_cut_off(report.systems[0]))
    return Group(*parts, *map(Text, _notes(report)))


def _systems(report: SetReport) -> Table:
    table = _table(
        f"{report.documents:,} documents, means over {len(report.systems[0].types)} types",
        ("system", "R-Precision", "P@50", "P@200", "precision", "recall", "F1"),
    )
    for one in report.systems:
        means = (one.r_precision.mean, one.precision_at_50.mean, one.precision_at_200.mean)
        table.add_row(one.name, *map(_figure, (*means, one.precision, one.recall, one.f1)))
    return table


def _types(systems: Sequence[SystemReport]) -> Table:
    table = _table("R-Precision by type", ("type", "relevant", *(one.name for one in systems), "P@50", "P@200"))
    for rows in zip(*(system.types for system in systems), strict=True):
        ours = rows[0]
        figures = (*(row.r_precision for row in rows), ours.precision_at_50, ours.precision_at_200)
        table.add_row(Text(ours.description), str(ours.relevant), *map(_figure, figures))
    return table


def _cut_off(system: SystemReport) -> Table:
    table = _table("At the default cut-off", ("type", "relevant", "returned", "precision", "recall", "F1"))
    for row in system.types:
        figures = map(_figure, (row.precision, row.recall, row.f1))
        table.add_row(Text(row.description), str(row.relevant), str(row.returned), *figures)
    return table


def _table(title: str, headings: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column(headings[0], overflow="fold")
    for heading in headings[1:]:
        table.add_column(heading, justify="right")
    return table


def _notes(report: SetReport) -> list[str]:
    notes = ["Precision, recall and F1 are those at the default cut-off; P@50 and P@200 by type are nerret's."]
    means = {system.name: system.r_precision.mean for system in report.systems}
    notes += [
        f"R-Precision {means[one.system]:.3f} against {means[one.baseline]:.3f} of {one.baseline}, the best baseline: "
        f"two-sided Wilcoxon p = {one.p:.2g} over {one.types} types."
        for one in report.comparisons
    ]
    if (spans := report.coverage) is not None:
        notes.append(
            f"Coverage: {spans.coverage:.3f} ({spans.matched:,} of {spans.gold_spans:,} gold spans); "
            f"{spans.predicted_per_document:.2f} predicted spans a document, "
            f"{spans.predicted_per_gold:.2f} for each gold one."
        )
    mentions = ", ".join(f"{count:,}" for count in report.mentions.values())
    notes.append(f"Model {report.model} ({report.fingerprint}): {mentions} mentions, {report.seconds['all']:.1f} s.")
    if report.left_out:
        labels = ", ".join(report.left_out)
        notes.append(f"Left out, because no document has them ({len(report.left_out)}): {labels}.")
    return [*notes, *(f"Not indexed: {failure.id!r}: {failure.reason}" for failure in report.failed)]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
