"""``nerret index``: documents in."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import BaseModel

from nerret_tools.cli.options import AsJson, IndexName, IndexPlace, ModelName, open_index
from nerret_tools.cli.output import complain, print_json
from nerret_tools.documents import AddReport
from nerret_tools.indexing import BATCH_SIZE
from nerret_tools.reading import DocumentReader

__all__ = ["IndexReport", "NotIndexed", "index"]

LISTED_FAILURES = 50
"""Failures spelt out on stderr; more would bury the first ones. ``--json`` lists them all."""

WRONG_INPUT = 2
INTERRUPTED = 130


class NotIndexed(BaseModel):
    """A line, row or file that is not in the index, and why."""

    source: str
    line: int | None
    id: str | None
    reason: str


class IndexReport(BaseModel):
    """What ``nerret index --json`` prints."""

    added: int
    updated: int
    unchanged: int
    mentions: int
    not_indexed: list[NotIndexed]


def index(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="JSON lines, CSV, Parquet, .txt, .md, folders of those, or - for JSON lines on stdin.",
        ),
    ],
    place: IndexPlace,
    name: IndexName = "default",
    model: ModelName = None,
    id_field: Annotated[str, typer.Option(help="The field or column with the id.")] = "id",
    text_field: Annotated[str, typer.Option(help="The field or column with the text.")] = "text",
    number_missing_ids: Annotated[
        bool, typer.Option("--number-missing-ids", help="Name a record without an id FILE:LINE.")
    ] = False,
    batch_size: Annotated[int, typer.Option(min=1, help="Documents stored at once.")] = BATCH_SIZE,
    as_json: AsJson = False,
) -> None:
    """Add documents to an index, or bring it up to date.

    Fields beside id and text become metadata that find --where can filter on. What has not
    changed since the last run is skipped; what cannot be read is reported and the rest goes in.
    """
    reader = DocumentReader(paths, id_field=id_field, text_field=text_field, number_missing_ids=number_missing_ids)
    try:
        with open_index(place, name, model, create=True) as opened:
            added = opened.add(reader, batch_size=batch_size)
    except KeyboardInterrupt as error:
        complain(
            f"Stopped. The index in {place} is usable and holds what was stored so far; "
            "the same command continues where this one stopped."
        )
        raise typer.Exit(INTERRUPTED) from error
    report = _report(added, reader)
    if as_json:
        print_json(report)
    else:
        typer.echo(
            f"{report.added:,} added, {report.updated:,} updated, {report.unchanged:,} unchanged; "
            f"{report.mentions:,} mentions written."
        )
    _explain(report, reader)
    if report.not_indexed:
        raise typer.Exit(WRONG_INPUT)


def _report(added: AddReport, reader: DocumentReader) -> IndexReport:
    missing = [
        NotIndexed(source=problem.origin.source, line=problem.origin.line, id=None, reason=problem.reason)
        for problem in reader.problems
    ]
    for failed in added.failed:
        origin = reader.origin(failed.position)
        missing.append(NotIndexed(source=origin.source, line=origin.line, id=failed.id, reason=failed.reason))
    return IndexReport(
        added=added.added,
        updated=added.updated,
        unchanged=added.unchanged,
        mentions=added.mentions,
        not_indexed=missing,
    )


def _explain(report: IndexReport, reader: DocumentReader) -> None:
    if reader.left_out:
        endings = ", ".join(f"{ending} ({count:,})" for ending, count in reader.left_out.most_common())
        complain(f"Left out, because no reader is for them: {endings}.")
    for item in report.not_indexed[:LISTED_FAILURES]:
        where = item.source if item.line is None else f"{item.source}:{item.line}"
        which = "" if item.id is None else f" (id {item.id})"
        complain(f"{where}{which}: {item.reason}")
    if len(report.not_indexed) > LISTED_FAILURES:
        complain(f"… and {len(report.not_indexed) - LISTED_FAILURES:,} more; --json lists them all.")
    if report.not_indexed:
        complain(f"{len(report.not_indexed):,} not indexed, for the reasons above. The others are in.")
