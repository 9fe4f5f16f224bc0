"""``nerret find``: the documents that mention an entity of a type."""

from __future__ import annotations

from typing import Annotated

import typer

from nerret_tools.cli.hits import print_hits
from nerret_tools.cli.options import AsJson, IndexName, IndexPlace, ModelName, ScanDtype, open_index
from nerret_tools.cli.output import complain, print_json, results
from nerret_tools.cli.where import parse_where

__all__ = ["find"]

PAGE = 20
"""Documents on a page: a screen of a usual terminal."""


def find(
    entity_type: Annotated[str, typer.Argument(metavar="TYPE", help='In your own words: "dinosaur", "airline".')],
    place: IndexPlace,
    name: IndexName = "default",
    model: ModelName = None,
    limit: Annotated[int, typer.Option(min=1, help="Documents on a page.")] = PAGE,
    everything: Annotated[bool, typer.Option("--all", help="All documents, on one page.")] = False,
    min_relevance: Annotated[
        float | None,
        typer.Option(
            help="Leave out documents that are less likely to be right; 0 lists the complete ranking.",
            show_default="the model's",
        ),
    ] = None,
    min_score: Annotated[float | None, typer.Option(help="The same, as a cosine.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Only documents with this metadata; repeat for several."),
    ] = None,
    cursor: Annotated[str | None, typer.Option(help="The page after the one that printed this.")] = None,
    max_mentions: Annotated[int, typer.Option(min=1, help="Mentions shown for a document.")] = 3,
    scan_dtype: ScanDtype = "float32",
    as_json: AsJson = False,
) -> None:
    """List the documents that mention an entity of a type, best first."""
    conditions = parse_where(where or [])
    with open_index(place, name, model, scan_dtype=scan_dtype) as opened:
        found = opened.find(
            entity_type,
            limit=None if everything else limit,
            min_relevance=min_relevance,
            min_score=min_score,
            where=conditions,
            cursor=cursor,
            max_mentions=max_mentions,
        )
    if as_json:
        print_json(found)
        return
    print_hits(found, results(), first_page=cursor is None, by_score=min_score is not None)
    if found.next_cursor is not None:
        complain(f"{len(found.hits):,} of {found.total:,} documents shown; --all shows the others too.")
        complain("For the next page, add this to the same command:")
        complain(f"--cursor {found.next_cursor}")
