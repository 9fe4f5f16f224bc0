"""``nerret index``: documents in."""

from __future__ import annotations

import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from nerret_tools.cli import options
from nerret_tools.cli.output import complain, print_data
from nerret_tools.documents import AddReport, Document, FailedDocument
from nerret_tools.errors import InputError
from nerret_tools.exit_codes import INTERRUPTED, WRONG_INPUT
from nerret_tools.indexing import BATCH_SIZE
from nerret_tools.reading import DocumentReader, Reading
from nerret_tools.reading.sources import LINKS, NO_ENDING

LISTED_FAILURES = 50
"""Failures spelt out on stderr; more would bury the first ones. ``--json`` lists them all."""

_STOPPED = (
    "Stopped. The index in {} is usable and holds what was stored so far; "
    "the same command continues where this one stopped."
)


class Engine(StrEnum):
    """Where documents are encoded."""

    LOCAL = "local"
    RAY = "ray"


@dataclass
class _Run:
    """What one run did, whichever engine it used."""

    report: AddReport
    not_indexed: list[FailedDocument]
    left_out: Counter[str]
    pruned: int = 0


def index(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="JSON lines, JSON, CSV, TSV (also .gz), Parquet, .txt, .md, folders of those, or - for JSON lines on "
            "stdin.",
        ),
    ],
    place: options.IndexPlace,
    name: options.IndexName = "default",
    model: options.ModelName = "minilm",
    id_field: options.IdField = "id",
    text_field: options.TextField = "text",
    number_missing_ids: Annotated[
        bool, typer.Option("--number-missing-ids", help="Name a record without an id FILE:LINE.")
    ] = False,
    id_root: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="What the ids of text files are relative to.", show_default="the named folder"
        ),
    ] = None,
    kind: options.Kind = None,
    encoding: options.Encoding = "utf-8",
    separator: options.Separator = None,
    strip_headers: Annotated[
        bool, typer.Option("--strip-headers", help="Take the header lines of mails and news off their texts.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Then remove all documents that are not in the named sources.")
    ] = False,
    batch_size: Annotated[int, typer.Option(min=1, help="Documents stored at once.")] = BATCH_SIZE,
    engine: Annotated[
        Engine, typer.Option(help="Encode in this process, or on Ray's workers into a Chroma server.")
    ] = Engine.LOCAL,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Ray's workers.", show_default="as many as the work keeps busy")
    ] = None,
    gpus_per_worker: Annotated[float, typer.Option(min=0, help="GPUs of each of Ray's workers.")] = 0,
    as_json: options.AsJson = False,
) -> None:
    """Add documents to an index, or bring it up to date.

    Fields beside id and text become metadata that find --where can filter on. What has not
    changed since the last run is skipped; what cannot be read is reported and the rest goes in.
    """
    separator = "\t" if separator == "\\t" else separator  # as it is written in a shell
    reading = Reading(id_field, text_field, number_missing_ids, id_root, kind, encoding, separator, strip_headers)
    job = _Job(paths, place, name, model, reading, batch_size)
    try:
        if engine is Engine.RAY:
            if prune:
                raise InputError("--prune is not for --engine ray; run the command again without --engine to prune")
            run = job.with_ray(workers, gpus_per_worker)
        elif workers is not None or gpus_per_worker:
            raise InputError("--workers and --gpus-per-worker are for --engine ray")
        else:
            run = job.here(prune=prune)
    except KeyboardInterrupt as error:
        complain(_STOPPED.format(place))
        raise typer.Exit(INTERRUPTED) from error
    added = run.report
    if as_json:
        not_indexed = [one.model_dump(exclude={"position"}) for one in run.not_indexed]  # in the order of reading
        print_data(added.model_dump(exclude={"failed"}) | {"pruned": run.pruned, "not_indexed": not_indexed})
    else:
        pruned = f"{run.pruned:,} removed; " if prune else ""
        typer.echo(
            f"{added.added:,} added, {added.updated:,} updated, {added.unchanged:,} unchanged; {pruned}"
            f"{added.mentions:,} mentions written."
        )
    _explain(run, prune=prune)
    if run.not_indexed:
        raise typer.Exit(WRONG_INPUT)


@dataclass(frozen=True)
class _Job:
    """What is to be indexed, and where."""

    paths: Sequence[str]
    place: str
    name: str
    model: str
    reading: Reading
    batch_size: int

    def here(self, *, prune: bool) -> _Run:
        """Encode in this process."""
        reader = DocumentReader(self.paths, self.reading)
        seen = _Seen(reader)
        with options.open_index(self.place, self.name, self.model, create=True) as opened:
            report = opened.add(seen if prune else reader, batch_size=self.batch_size, show_progress=True)
            run = _Run(report, reader.failures(report.failed), reader.left_out)
            if prune and not reader.problems:
                run.pruned = opened.delete(sorted(set(opened.ids()) - seen.ids))
        return run

    def with_ray(self, workers: int | None, gpus_per_worker: float) -> _Run:
        """Encode on Ray's workers."""
        from nerret_tools.distributed import index_dataset
        from nerret_tools.distributed.sources import find_sources

        left_out = find_sources(self.paths, self.reading).left_out
        with _ctrl_c_ends_ray(self.place), redirect_stdout(sys.stderr):  # where Ray prints what its machines say
            report = index_dataset(
                self.paths,
                self.place,
                self.name,
                self.model,
                reading=self.reading,
                workers=workers,
                gpus_per_worker=gpus_per_worker,
                batch_size=self.batch_size,
                show_progress=True,
            )
        return _Run(report, report.failed, left_out)


class _Seen:
    """A reader's documents, whose ids are remembered."""

    def __init__(self, reader: DocumentReader) -> None:
        self.ids: set[str] = set()
        self.expected = reader.expected
        self._reader = reader

    def __iter__(self) -> Iterator[Document]:
        for document in self._reader:
            self.ids.add(document.id)
            yield document


@contextmanager
def _ctrl_c_ends_ray(place: str) -> Iterator[None]:
    """Say that it was stopped, and end all at once; see `end_with_all_of_ray`."""
    from nerret_tools.distributed.cluster import end_with_all_of_ray

    def stop(_number: int, _frame: object) -> None:
        complain(_STOPPED.format(place))
        sys.stderr.flush()
        end_with_all_of_ray(INTERRUPTED)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _explain(run: _Run, *, prune: bool) -> None:
    left_out = run.left_out
    links = left_out.pop(LINKS, 0)
    if left_out:
        endings = ", ".join(f"{ending} ({count:,})" for ending, count in left_out.most_common())
        advice = (
            "--as text reads them all as texts"
            if NO_ENDING in left_out
            else "what is no text yet has to be made one first"
        )
        complain(f"Left out, because no reader is for them: {endings}; {advice}.")
    if links:
        complain(f"Left out: {links:,} {LINKS}; name the folders that they lead to, to read those too.")
    for item in run.not_indexed[:LISTED_FAILURES]:
        where = item.source if item.line is None else f"{item.source}:{item.line}"
        which = "" if item.id is None else f" (id {item.id})"
        complain(f"{where}{which}: {item.reason}")
    missed = len(run.not_indexed)
    if missed > LISTED_FAILURES:
        complain(f"… and {missed - LISTED_FAILURES:,} more; --json lists them all.")
    if missed:
        report = run.report
        others = report.added + report.updated + report.unchanged
        rest = "The others are in." if others else "Nothing else was there to index."
        complain(f"{missed:,} not indexed, for the reasons above. {rest}")
    if prune and any(item.id is None for item in run.not_indexed):
        complain("Nothing was removed, since not everything could be read.")
