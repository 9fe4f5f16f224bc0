"""The page: all results in plain English, by the template ``page.md.jinja`` beside this file."""

from __future__ import annotations

import os
import re
from pathlib import Path

from nerret_tools.extras import extra_package
from nerret_tools.lab.evaluation.answers import RECALL
from nerret_tools.lab.evaluation.calibration import LIKELY
from nerret_tools.lab.evaluation.coverage import JACCARD_THRESHOLD
from nerret_tools.lab.evaluation.familiarity import GROUPS
from nerret_tools.lab.evaluation.labelled import DRAWN
from nerret_tools.lab.evaluation.passages import LENGTHS, SENTENCES
from nerret_tools.lab.evaluation.results import (
    CalibrationReport,
    Estimate,
    Example,
    Fault,
    Report,
    SetReport,
    SpanSource,
    TypeFaults,
)

Rows = list[list[str]]

LABELS_NAMED = 10  # labels without documents; the others are only counted
TEMPLATE = Path(__file__).with_name("page.md.jinja")

_BLAME = {
    Fault.DETECTOR: "not detected",
    Fault.RANKER: "detected, ranked too low",
    Fault.CUT_OFF: "ranked well, under the cut-off",
}
_GROUPS = {
    "wording": "this very wording",
    "head noun": "another type with the same head noun",
    "neither": "neither",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def write_page(report: Report, *, figures: Path, page: Path) -> str:
    """Write the page.

    Args:
        report: All results; each set was evaluated as a whole.
        figures: The report's folder.
        page: Where the page will lie; links are relative to it.

    Raises:
        MissingExtraError: Jinja is not installed.
    """
    jinja = extra_package("jinja2", "the report's page", "evaluation")
    environment = jinja.Environment(
        trim_blocks=True, lstrip_blocks=True, undefined=jinja.StrictUndefined, autoescape=False
    )
    environment.filters |= {
        "plain": plain, "figure": figure, "signed": signed, "verdict": verdict, "excerpt": excerpt
    }  # fmt: skip
    environment.globals |= {
        "LABELS_NAMED": LABELS_NAMED,
        "LIKELY": LIKELY,
        "JACCARD_THRESHOLD": JACCARD_THRESHOLD,
        "SENTENCES": SENTENCES,
        "JOINED": [f"{length} joined" for length in LENGTHS[1:]],
        "RECALL": RECALL,
        "DRAWN": DRAWN,
        **{make.__name__.lstrip("_"): make for make in _TABLES},
    }
    names = report.ambiguous
    total = [figure(value) for value in names.accuracy.values()]
    text = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        report=report,
        base=Path(os.path.relpath(figures.resolve(), page.resolve().parent)).as_posix(),
        mixed={(one.model, one.fingerprint) for one in report.sets} != {(names.model, names.fingerprint)},
        summary=[_summary(one) for one in report.sets],
        beyond=[_beyond(one) for one in report.sets],
        names=[
            *(
                [plain(one.name), plain(", ".join(one.senses)), str(one.pairs), *map(figure, one.accuracy.values())]
                for one in names.names
            ),
            ["**all names**", "", str(sum(one.pairs for one in names.names)), *(f"**{value}**" for value in total)],
        ],
        qualities=[[name, interval(value)] for name, value in names.r_precision.items()],
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


def plain(text: str) -> str:
    """Show a text as it is, on one line, also in a table."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def figure(value: float | None) -> str:
    """Two digits; a third would be within what chance moves."""
    return "" if value is None else f"{value:.2f}"


def interval(value: Estimate) -> str:
    """A mean with its interval."""
    if value.low is None or value.high is None:
        return figure(value.mean)
    return f"{value.mean:.2f} ({value.low:.2f} to {value.high:.2f})"


def signed(value: float) -> str:
    """A difference."""
    return f"{value:+.2f}".replace("-", "\u2212")


def verdict(example: Example) -> str:
    """What is wrong with a document's place."""
    place = "it has no mention" if example.place is None else f"place {example.place:,}"
    relevance = f"relevance {figure(example.relevance)}"
    if example.fault is not None:
        return f"missing, {_BLAME[example.fault]} ({place}, {relevance})"
    marked = "marked as " + ", ".join(map(plain, example.marked_as)) if example.marked_as else "not marked"
    return f"wrong, {place} ({relevance}, {marked})"


def excerpt(example: Example) -> str:
    """The name in its sentence."""
    before = plain(example.before) + (" " if example.before.endswith(" ") else "")
    after = (" " if example.after.startswith(" ") else "") + plain(example.after)
    return f"{before}**{plain(example.name)}**{after}"


def _summary(one: SetReport) -> list[str]:
    means = {system.name: figure(system.r_precision.mean) for system in one.systems}
    detected, gold = means[SpanSource.DETECTED.system], means[SpanSource.GOLD.system]
    row = [plain(one.name), f"{one.documents:,}", str(len(one.systems[0].types)), means["bm25"], means["dense"]]
    row += [f"**{detected}**", gold, "" if one.coverage is None else figure(one.coverage.coverage)]
    if (found := one.calibration) is not None:
        said = f"{figure(found.likely.mean_relevance)} / {figure(found.likely.share_relevant)}"
        row += [figure(found.f1_share), figure(found.length), said]
    return row


def _beyond(one: SetReport) -> list[str]:
    """A set's row of what changes with the types, with the texts, and with the recall that is asked for."""
    detected = SpanSource.DETECTED.system
    groups = {row.group: f"{figure(row.r_precision[detected].mean)} ({row.types})" for row in one.familiarity}
    row = [plain(one.name), *(groups.get(group, "") for group in GROUPS)]
    joined = {point.sentences: point.recall for point in one.passages}
    row += [figure(joined.get(length)) for length in LENGTHS]
    found = one.calibration
    return [*row, *(("", "") if found is None else (figure(found.recall), figure(found.recall_met)))]


def _rankings(one: SetReport) -> Rows:
    return [
        [system.name, *map(interval, (system.r_precision, system.precision_at_50, system.precision_at_200))]
        for system in one.systems
    ]


def _ablations(one: SetReport) -> Rows:
    return [[row.name, "trained" if row.projected else "none", interval(row.r_precision)] for row in one.ablations]


def _sensitivity(one: SetReport) -> Rows:
    rows = [[f"{point.kept:.2f} of the gold spans", interval(point.r_precision)] for point in one.sensitivity]
    share = "" if one.coverage is None else figure(one.coverage.coverage)
    return [*rows, [f"detected spans (coverage {share})", interval(one.systems[0].r_precision)]]


def _passages(one: SetReport) -> Rows:
    return [
        [str(point.sentences), f"{point.documents:,}", interval(point.r_precision), figure(point.recall)]
        for point in one.passages
    ]


def _likely(found: CalibrationReport) -> Rows:
    pairs = (("over the default cut-off", found.listed), (f"at least {LIKELY}", found.likely))
    return [[name, f"{one.pairs:,}", figure(one.mean_relevance), figure(one.share_relevant)] for name, one in pairs]


def _cutoffs(found: CalibrationReport) -> Rows:
    single = f"the best one for all types (relevance {found.best_single_cutoff:.2f})"
    return [[single, figure(found.best_single_f1)], ["the best one for each type", figure(found.best_type_f1)]]


def _every_type(one: SetReport) -> Rows:
    systems = [{row.label: row for row in system.types} for system in one.systems]
    rows = []
    for faults in reversed(one.faults):
        ours = systems[0][faults.label]
        row = [plain(faults.description), str(faults.relevant)]
        row += [figure(system[faults.label].r_precision) for system in systems]
        row += [figure(faults.coverage), *map(str, (faults.found, faults.detector, faults.ranker, faults.cut_off))]
        rows.append([*row, figure(ours.precision), figure(ours.recall)])
    return rows


def _familiarity(one: SetReport) -> Rows:
    return [[_GROUPS[row.group], str(row.types), *map(interval, row.r_precision.values())] for row in one.familiarity]


def _explained(one: SetReport) -> list[TypeFaults]:
    """The types that carry examples, the worst first."""
    return [faults for faults in one.faults if faults.missed or faults.wrong]


_TABLES = (_explained, _rankings, _ablations, _sensitivity, _passages, _likely, _cutoffs, _every_type, _familiarity)
