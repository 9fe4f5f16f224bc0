"""``nerret entities``: the things of a type that the documents name, each once."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from nerret_tools.cli import asking, options
from nerret_tools.cli.output import columns, complain, print_json, results, visible
from nerret_tools.cli.where import parse_where
from nerret_tools.errors import StoreUnavailableError

if TYPE_CHECKING:
    from nerret_tools.entities import Entity, EntityPage

OneType = Annotated[str | None, typer.Argument(metavar="TYPE", help='In your own words: "dinosaur", "airline".')]

SHOWN_SURFACES = 4
"""Other spellings in a row of the table."""

COLUMNS = ("name", "relevance", "score", "documents", "mentions", "other names", "evidence")
"""Of the file that --csv writes; several names or ids in a cell are parted by bars."""


def entities(
    place: options.IndexPlace,
    types: OneType = None,
    any_of: asking.AnyOf = None,
    all_of: asking.AllOf = None,
    none_of: asking.NoneOf = None,
    scope: asking.ScopeOf = "mention",
    name: options.IndexName = "default",
    model: options.ModelName = "minilm",
    limit: asking.Limit = asking.PAGE,
    everything: asking.Everything = False,
    min_relevance: asking.MinRelevance = None,
    recall: asking.Recall = None,
    where: asking.Where = None,
    cursor: asking.Cursor = None,
    csv_file: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", dir_okay=False, help="Write all entities to this file, one a row."),
    ] = None,
    scan_dtype: options.ScanDtype = "float32",
    as_json: options.AsJson = False,
) -> None:
    """List the entities of a type that the documents name, best first, each once with all its names.

    Names are put together only with a reason: spelling, an abbreviation that a document writes out, a
    short form of a name before it, a plural. --json gives the reasons.
    """
    [asked] = asking.questions(None if types is None else [types], any_of, all_of, none_of, scope)
    conditions = parse_where(where or [])
    with options.open_index(place, name, model, scan_dtype=scan_dtype) as opened:
        found = opened.entities(
            asked,
            limit=None if everything or csv_file is not None else limit,
            min_relevance=min_relevance,
            recall=recall,
            where=conditions,
            cursor=cursor,
        )
    if csv_file is not None:
        _write(csv_file, found)
        complain(f"{len(found.entities):,} entities written to {csv_file}.")
        return
    if as_json:
        print_json(found)
        return
    _print(found, results())
    if found.next_cursor is not None:
        asking.say_next_page(len(found.entities), found.total, "entities", found.next_cursor)


def _others(entity: Entity) -> list[str]:
    return [one.text for one in entity.surfaces if one.text != entity.name]


def _print(found: EntityPage, console: Console) -> None:
    limit = f"relevance ≥ {found.min_relevance:.2f}" if found.min_relevance else "no cut-off"
    kind = f"“{visible(found.entity_type)}” ({limit})"
    if not found.total:
        console.print(f"No entity of type {kind}.", markup=False)
        return
    noun = "entity" if found.total == 1 else "entities"
    console.print(f"{found.total:,} {noun} of type {kind}", markup=False)
    value = "score" if any(one.relevance is None for one in found.entities) else "relevance"
    numbers = (value, "documents", "mentions")
    table = columns(*numbers, "entity", "also written", "for instance in", numbers=numbers)
    for one in found.entities:
        others = _others(one)
        more = f", and {len(others) - SHOWN_SURFACES} more" if len(others) > SHOWN_SURFACES else ""
        table.add_row(
            f"{one.score:.3f}" if one.relevance is None else f"{one.relevance:.2f}",
            f"{one.document_count:,}",
            f"{one.mention_count:,}",
            Text(visible(one.name)),
            Text(visible(", ".join(others[:SHOWN_SURFACES]) + more)),
            Text(visible(one.evidence[0].document_id)),
        )
    console.print(table)


def _write(path: Path, found: EntityPage) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            for one in found.entities:
                relevance = "" if one.relevance is None else f"{one.relevance:.4f}"
                counts = (one.document_count, one.mention_count)
                ids = " | ".join(shown.document_id for shown in one.evidence)
                rows.writerow((one.name, relevance, f"{one.score:.4f}", *counts, " | ".join(_others(one)), ids))
    except OSError as error:
        raise StoreUnavailableError(f"{path} cannot be written: {error.strerror or error}") from error
