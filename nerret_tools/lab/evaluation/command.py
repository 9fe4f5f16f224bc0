"""What ``nerret evaluate`` does; its options are in `nerret_tools.cli.evaluate`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nerret_tools.cli.output import complain, print_json, results
from nerret_tools.lab.evaluation.baselines import Baseline
from nerret_tools.lab.evaluation.familiarity import read_training
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.results import SpanSource
from nerret_tools.lab.evaluation.run import evaluate, examine
from nerret_tools.lab.evaluation.table import render
from nerret_tools.lab.evaluation.writing import read_report, write_report
from nerret_tools.models import find_spec


def print_figures(
    data: LabelledData, spans: SpanSource, baselines: Sequence[Baseline], model: str, *, as_json: bool
) -> None:
    """Evaluate and print tables, or one JSON object."""
    report = evaluate(data, spans=[spans], baselines=baselines, model=model, announce=_announce)
    if as_json:
        print_json(report)
    else:
        results().print(render(report))


def add_to_report(
    data: LabelledData,
    folder: Path,
    page: Path | None,
    name: str,
    model: str,
    limit_documents: int | None,
    trained: Path | None,
    *,
    excerpts: bool,
    as_json: bool,
) -> None:
    """Evaluate as a whole and write it into a report's folder, beside its other sets."""
    read_report(folder)  # what is there and cannot be added to shows before the long work
    new, ambiguous = examine(
        data,
        folder,
        name=name,
        model=model,
        limit_documents=limit_documents,
        excerpts=excerpts,
        trained=read_training(trained, find_spec(model).weights) if trained else None,
        announce=_announce,
    )
    complete = write_report(folder, new, ambiguous, page)
    complain(f"Wrote {page or folder / 'report.md'}, {folder / 'report.json'} and figures in {folder / new.folder}")
    if as_json:
        print_json(complete)


def _announce(stage: str) -> None:
    complain(f"{stage} ...")
