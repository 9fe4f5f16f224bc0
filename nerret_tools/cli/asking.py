"""What ``find`` and ``entities`` are asked: types and their combinations, cut-offs, filters, pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from nerret_tools.cli.output import complain
from nerret_tools.entity_query import Asked, Scope, asked_of
from nerret_tools.errors import EntityTypeError

PAGE = 20
"""Rows on a page: a screen of a usual terminal."""

Types = Annotated[
    list[str] | None,
    typer.Argument(metavar="TYPE…", help='In your own words: "dinosaur", "airline"; several are answered at once.'),
]
AnyOf = Annotated[
    list[str] | None, typer.Option("--any", metavar="TYPE", help="At least one of these types; repeat for several.")
]
AllOf = Annotated[
    list[str] | None, typer.Option("--all", metavar="TYPE", help="All of these types; TYPE itself is one of them.")
]
NoneOf = Annotated[list[str] | None, typer.Option("--none", metavar="TYPE", help="None of these types.")]
ScopeOf = Annotated[
    Scope, typer.Option("--scope", help="What is to be all that: one entity (mention), or a document by several.")
]
Limit = Annotated[int, typer.Option(min=1, help="Rows on a page.")]
Everything = Annotated[
    bool, typer.Option("--everything", help="All, on one page; --all without a type behind it says the same.")
]
MinRelevance = Annotated[
    float | None,
    typer.Option(help="Leave out what is less likely to be right; 0 for all.", show_default="the best for this type"),
]
MaxRelevance = Annotated[
    float | None, typer.Option(help="Only documents below: what follows a list that was read down to here.")
]
Recall = Annotated[
    float | None,
    typer.Option(metavar="SHARE", help="List as many as are expected to hold this share of all that are right: 0.9."),
]
Where = Annotated[
    list[str] | None, typer.Option(metavar="KEY=VALUE", help="Only documents with this metadata; repeat for several.")
]
Cursor = Annotated[str | None, typer.Option(help="The page after the one that printed this.")]


def questions(
    types: Sequence[str] | None,
    any_of: Sequence[str] | None,
    all_of: Sequence[str] | None,
    none_of: Sequence[str] | None,
    scope: Scope,
) -> list[Asked]:
    """One question for each type, or one for a combination.

    Raises:
        EntityTypeError: Nothing is asked for, or several types beside a combination.
    """
    combined = any_of or all_of or none_of
    if types and len(types) > 1:
        if combined:
            raise EntityTypeError(
                f"{len(types)} types are {len(types)} questions; with --any, --all or --none name one at most"
            )
        return list(types)
    return [asked_of(types[0] if types else None, any_of or None, all_of or None, none_of or None, scope)]


def say_next_page(shown: int, total: int, things: str, cursor: str | None) -> None:
    """Tells how to see the rest."""
    complain(f"{shown:,} of {total:,} {things} shown; --all shows the others too.")
    if cursor is not None:
        complain("For the next page, add this to the same command:")
        complain(f"--cursor {cursor}")


def with_everything(arguments: Sequence[str]) -> list[str]:
    """``--everything`` for each ``--all`` that has no type behind it."""

    def plain() -> Iterator[str]:
        for one, following in zip(arguments, [*arguments, "--"][1:], strict=True):
            yield "--everything" if one == "--all" and following.startswith("-") else one

    return list(plain())
