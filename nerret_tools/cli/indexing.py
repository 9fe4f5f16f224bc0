"""``nerret index``: documents in."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stdout
from enum import StrEnum
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from nerret_tools.cli.options import AsJson, IndexName, IndexPlace, ModelName, open_index
from nerret_tools.cli.output import complain, print_json
from nerret_tools.documents import AddReport
from nerret_tools.errors import InputError
from nerret_tools.indexing import BATCH_SIZE
from nerret_tools.reading import DocumentReader
from nerret_tools.reading.problems import Origin

__all__ = ["IndexReport", "NotIndexed", "index"]

LISTED_FAILURES = 50
"""Failures spelt out on stderr; more would bury the first ones. ``--json`` lists them all."""

WRONG_INPUT = 2
INTERRUPTED = 130


class Engine(StrEnum):
    """Where documents are encoded."""

    LOCAL = "local"
    RAY = "ray"


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
    engine: Annotated[
        Engine, typer.Option(help="Encode in this process, or on Ray's workers into a Chroma server.")
    ] = Engine.LOCAL,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Ray's workers.", show_default="as many as the work keeps busy")
    ] = None,
    gpus_per_worker: Annotated[float, typer.Option(min=0, help="GPUs of each of Ray's workers.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Add documents to an index, or bring it up to date.

    Fields beside id and text become metadata that find --where can filter on. What has not
    changed since the last run is skipped; what cannot be read is reported and the rest goes in.
    """
    fields = {"id_field": id_field, "text_field": text_field, "number_missing_ids": number_missing_ids}
    try:
        if engine is Engine.RAY:
            report, left_out = _with_ray(paths, place, name, model, fields, batch_size, workers, gpus_per_worker)
        elif workers is not None or gpus_per_worker:
            raise InputError("--workers and --gpus-per-worker are for --engine ray")
        else:
            report, left_out = _here(paths, place, name, model, fields, batch_size)
    except KeyboardInterrupt as error:
        complain(
            f"Stopped. The index in {place} is usable and holds what was stored so far; "
            "the same command continues where this one stopped."
        )
        raise typer.Exit(INTERRUPTED) from error
    if as_json:
        print_json(report)
    else:
        typer.echo(
            f"{report.added:,} added, {report.updated:,} updated, {report.unchanged:,} unchanged; "
            f"{report.mentions:,} mentions written."
        )
    _explain(report, left_out)
    if report.not_indexed:
        raise typer.Exit(WRONG_INPUT)


def _here(
    paths: Sequence[str], place: str, name: str, model: str | None, fields: dict[str, Any], batch_size: int
) -> tuple[IndexReport, Counter[str]]:
    reader = DocumentReader(paths, **fields)
    with open_index(place, name, model, create=True) as opened:
        added = opened.add(reader, batch_size=batch_size)
    missing = [_not_indexed(problem.origin, None, problem.reason) for problem in reader.problems]
    missing += [_not_indexed(reader.origin(failed.position), failed.id, failed.reason) for failed in added.failed]
    return _report(added, missing), reader.left_out


def _with_ray(
    paths: Sequence[str],
    place: str,
    name: str,
    model: str | None,
    fields: dict[str, Any],
    batch_size: int,
    workers: int | None,
    gpus_per_worker: float,
) -> tuple[IndexReport, Counter[str]]:
    from nerret_tools.distributed import DistributedIndexing

    indexing = DistributedIndexing(paths, workers=workers, gpus_per_worker=gpus_per_worker, **fields)
    chosen: dict[str, Any] = {} if model is None else {"model": model}
    with redirect_stdout(sys.stderr):  # where Ray prints what its machines say
        added = indexing.into(place, name, **chosen, batch_size=batch_size)
    # What could not be read comes first, as from the other engine.
    failures = sorted(indexing.failures, key=lambda failure: not failure.unread)
    missing = [_not_indexed(failure.origin, failure.document_id, failure.reason) for failure in failures]
    return _report(added, missing), indexing.left_out


def _report(added: AddReport, missing: list[NotIndexed]) -> IndexReport:
    return IndexReport(
        added=added.added,
        updated=added.updated,
        unchanged=added.unchanged,
        mentions=added.mentions,
        not_indexed=missing,
    )


def _not_indexed(origin: Origin, document_id: str | None, reason: str) -> NotIndexed:
    return NotIndexed(source=origin.source, line=origin.line, id=document_id, reason=reason)


def _explain(report: IndexReport, left_out: Counter[str]) -> None:
    if left_out:
        endings = ", ".join(f"{ending} ({count:,})" for ending, count in left_out.most_common())
        complain(f"Left out, because no reader is for them: {endings}.")
    for item in report.not_indexed[:LISTED_FAILURES]:
        where = item.source if item.line is None else f"{item.source}:{item.line}"
        which = "" if item.id is None else f" (id {item.id})"
        complain(f"{where}{which}: {item.reason}")
    if len(report.not_indexed) > LISTED_FAILURES:
        complain(f"… and {len(report.not_indexed) - LISTED_FAILURES:,} more; --json lists them all.")
    if report.not_indexed:
        complain(f"{len(report.not_indexed):,} not indexed, for the reasons above. The others are in.")
