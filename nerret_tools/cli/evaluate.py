"""`nerret evaluate`: labelled data in, figures out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerret_tools.cli.options import AsJson
from nerret_tools.cli.output import complain, print_json, results
from nerret_tools.evaluation.baselines import Baseline
from nerret_tools.evaluation.run import SpanSource


def evaluate(
    labelled: Annotated[
        Path,
        typer.Argument(
            metavar="LABELLED.jsonl",
            help='JSON lines {"id", "text", "entities": [{"start", "end", "type"}]}.',
            show_default=False,
        ),
    ],
    types: Annotated[
        Path,
        typer.Option(
            metavar="TYPES.json",
            help="JSON object: label → its description, the query; null: not evaluated.",
            show_default=False,
        ),
    ],
    spans: Annotated[
        SpanSource,
        typer.Option(help="Index the marked spans (gold), or those that the model detects."),
    ] = SpanSource.DETECTED,
    baseline: Annotated[
        list[Baseline] | None,
        typer.Option(help="Rank the same documents this way too. May be given twice.", show_default=False),
    ] = None,
    model: Annotated[str, typer.Option(help="Name of the model.")] = "minilm",
    limit_documents: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Use the first N documents only.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the model on labelled data: R-Precision, precision, coverage.

    Builds an index in a temporary folder, asks it for every type, and scores the rankings, beside
    baselines that rank the same documents.
    """
    from nerret_tools.evaluation.labelled import read_labelled
    from nerret_tools.evaluation.run import evaluate as run
    from nerret_tools.evaluation.table import render

    report = run(
        read_labelled(labelled, types, limit_documents=limit_documents),
        spans=spans,
        baselines=baseline or (),
        model=model,
        announce=lambda stage: complain(f"{stage} ..."),
    )
    if as_json:
        print_json(report)
    else:
        results().print(render(report))
