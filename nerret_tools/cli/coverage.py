"""``nerret coverage``: which relevant documents a list leaves out, and whether detector, ranker or cut-off did it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from nerret_tools.cli.labelled import LabelledForm
from nerret_tools.cli.options import AsJson, IndexName, ModelName, open_index
from nerret_tools.cli.output import complain, print_json, results, visible
from nerret_tools.documents import Document
from nerret_tools.errors import InputError

if TYPE_CHECKING:
    from nerret_tools import EntityIndex
    from nerret_tools.lab.evaluation.missing import MissingReport, Wanted


def coverage(
    labelled: Annotated[
        Path,
        typer.Argument(metavar="LABELLED", help="Labelled documents, as for nerret evaluate, or the file of a review."),
    ],
    types: Annotated[
        Path | None,
        typer.Option(metavar="TYPES.json", help="JSON object: label → its description, the query; null: left out."),
    ] = None,
    place: Annotated[
        str | None,
        typer.Option(
            "--index",
            metavar="DIR",
            envvar="NERRET_INDEX",
            help="An index that holds the documents, and perhaps others.",
            show_default="one of the labelled documents",
        ),
    ] = None,
    name: IndexName = "default",
    model: ModelName = "minilm",
    form: LabelledForm = None,
    show: Annotated[int, typer.Option(metavar="N", min=0, help="Missing documents shown of each type.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Say of each relevant document that the default list leaves out whose fault it is.

    The detector found no mention where one is marked; or the ranker put the document behind as many
    as are relevant; or it stands before those, and the cut-off is too high.
    """
    from nerret_tools.lab.evaluation.labelled import read_labelled
    from nerret_tools.lab.evaluation.missing import find_missing, from_labels, from_review
    from nerret_tools.review.journal import read_review

    documents: list[Document] = []
    review = read_review(labelled)
    if review is not None:
        if place is None:
            raise InputError(f"{labelled} is a review: name its index with --index")
        wanted: list[Wanted] = [from_review(*review)]
    elif types is None:
        raise InputError("--types is needed: a JSON object, label → its description")
    else:
        data = read_labelled(labelled, types, form=form)
        wanted = from_labels(data)
        documents = [Document(id=one.id, text=one.text) for one in data.documents]
    with _index(place, name, model, documents) as index:
        report = find_missing(index, wanted)
    if as_json:
        print_json(report)
    else:
        _print(report, show)


@contextmanager
def _index(place: str | None, name: str, model: str, documents: list[Document]) -> Iterator[EntityIndex]:
    if place is not None:
        with open_index(place, name, model) as opened:
            yield opened
        return
    with (
        tempfile.TemporaryDirectory(prefix="nerret-coverage-") as folder,
        open_index(folder, "default", model, create=True) as opened,
    ):
        opened.add(documents)
        yield opened


def _print(report: MissingReport, show: int) -> None:
    table = Table(box=SIMPLE_HEAD)
    table.add_column("type", overflow="fold")
    for heading in ("relevant", "found", "detector", "ranker", "cut-off", "wrong", "cut-off at", "lower to"):
        table.add_column(heading, justify="right")
    for one in report.types:
        counts = (one.relevant, one.found, one.detector, one.ranker, one.cut_off, one.wrong)
        lower = "" if one.lowest is None else f"{one.lowest:.3g}"
        table.add_row(Text(visible(one.description)), *map(str, counts), f"{one.min_relevance:.3g}", lower)
    screen = results()
    screen.print(table)
    for one in report.types:
        for missing in one.documents[:show]:
            named = f" ({', '.join(missing.names)})" if missing.names else ""
            line = (
                f"{one.description}: {missing.document_id}{named}: {missing.fault}, relevance {missing.relevance:.2g}"
            )
            screen.print(Text(visible(line)))
    for sentence in report.advice or ["Nothing is missing."]:
        complain(sentence)
