"""A sweep as a table for people."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from nerret_tools.lab.sweep.report import Figure, SweepReport

SHOWN = 20  # taps; the report has all


def render(report: SweepReport, wanted_types: int) -> Group:
    """The best taps, and sentences on what was compared, where so many types were asked for."""
    table = Table(title=f"{report.model}: the best taps", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("tap", no_wrap=True)
    for heading in ("raw", "centred", "raw,\n≠ names", "centred,\n≠ names"):
        table.add_column(heading, justify="right")
    for tap in report.best(SHOWN):
        auc = tap.auc
        figures = (auc.raw, auc.centred, auc.raw_other_surface, auc.centred_other_surface)
        table.add_row(str(tap), *map(_figure, figures))
    return Group(table, *map(Text, _notes(report, wanted_types)))


def _notes(report: SweepReport, wanted_types: int) -> list[str]:
    pairs = sum(report.pairs_other_surface) // len(report.seeds)
    notes = [
        f"AUC of same-type against different-type pairs by cosine: mean ± standard deviation over "
        f"{len(report.seeds)} seeds of {report.types} types × {report.sentences} sentences from {report.data}.",
        f"≠ names: pairs of one name left out, about {pairs:,} of each kind a seed. Ordered by the last column.",
    ]
    if report.types < wanted_types:
        notes.append(f"{wanted_types} types were asked for; {len(report.available)} are in enough sentences.")
    if report.left_out:
        notes.append(f"Left out, in too few sentences ({len(report.left_out)}): {', '.join(report.left_out)}.")
    if report.unreadable:
        notes.append(f"{report.unreadable} drawn mentions have no token and were not compared.")
    return notes


def _figure(figure: Figure) -> str:
    spread = f"{figure.spread:.3f}".removeprefix("0")
    return f"{figure.mean:.3f}±{spread}"
