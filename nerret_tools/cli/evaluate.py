"""`nerret evaluate`: labelled data in, figures out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerret_tools.cli.labelled import LabelledForm
from nerret_tools.cli.options import AsJson
from nerret_tools.lab.evaluation.baselines import Baseline
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.evaluation.results import SpanSource


def evaluate(
    labelled: Annotated[
        Path,
        typer.Argument(
            metavar="LABELLED",
            help='JSON lines {"id", "text", "entities": [{"start", "end", "type"}]}, columns of tokens and tags, or '
            "NERetrieve's files.",
        ),
    ],
    types: Annotated[
        Path,
        typer.Option(
            metavar="TYPES.json", help="JSON object: label → its description, the query; null: not evaluated."
        ),
    ],
    spans: Annotated[
        SpanSource, typer.Option(help="Index the marked spans (gold), or those that the model detects.")
    ] = SpanSource.DETECTED,
    baseline: Annotated[
        list[Baseline] | None, typer.Option(help="Rank the same documents this way too. May be given twice.")
    ] = None,
    model: Annotated[str, typer.Option(help="Name of the model.")] = "minilm",
    form: LabelledForm = None,
    limit_documents: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Use the first N documents only.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            file_okay=False,
            help="The whole evaluation, with both kinds of spans and all baselines: report.json, report.md and "
            "figures. A report that is there keeps its other sets.",
        ),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(
            metavar="PAGE.md", dir_okay=False, help="With --report: where the page goes, in the place of DIR/report.md."
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(help="With --report: how the page calls the set; its folder's and file's names, if left out."),
    ] = None,
    excerpts: Annotated[
        bool,
        typer.Option(
            "--excerpts/--no-excerpts",
            help="With --report: whether examples of bad types show the text around a name. Without, the report "
            "holds no sentence of the data and can be published where the data cannot.",
        ),
    ] = True,
    trained: Annotated[
        Path | None,
        typer.Option(
            metavar="DATA",
            file_okay=False,
            help="With --report: the folder with the data that the model's recipe names, to tell types that the "
            "training had from others.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the model on labelled data: R-Precision, precision, coverage.

    Builds an index in a temporary folder, asks it for every type, and scores the rankings, beside
    baselines that rank the same documents.

    The whole evaluation, one set after the other into one report:
    `nerret evaluate test.jsonl --types types.json --report DIR --name "My set, test"`
    """
    if report is not None and (baseline or spans is not SpanSource.DETECTED):
        raise typer.BadParameter(
            "--report measures both kinds of spans and all baselines; leave --spans and --baseline out"
        )
    if report is None and (page is not None or name is not None or trained or not excerpts):
        raise typer.BadParameter("--page, --name, --trained and --no-excerpts belong to --report DIR")
    from nerret_tools.lab.evaluation.command import add_to_report, print_figures

    data = read_labelled(labelled, types, form=form, limit_documents=limit_documents)
    if report is None:
        print_figures(data, spans, baseline or (), model, as_json=as_json)
        return
    place = labelled.resolve()
    add_to_report(
        data,
        report,
        page,
        name or f"{place.parent.name}/{place.stem}",
        model,
        limit_documents,
        trained,
        excerpts=excerpts,
        as_json=as_json,
    )
