"""A page of hits as a table, each mention highlighted in its sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nerret_tools.cli.output import visible
from nerret_tools.documents import FindResult, Hit
from nerret_tools.showing.excerpt import excerpt as cut

if TYPE_CHECKING:
    from nerret_tools.review import ReviewDocument

LINES = 3
"""Screen lines that one document may take; longer texts are cut around the best mention."""

RAGGED = 12
"""Characters that wrapping at words and the ellipses cost on those lines, about."""

NARROWEST_TEXT = 12
"""Characters of a line of text below which the table gets wider than the terminal."""

WIDEST_TEXT = 100
"""Characters of a line of text above which the eye loses the way back to the next line."""

GAP = 2
"""Spaces between columns."""

NARROWEST_WITH_PLACE = 60
"""Characters of a terminal below which the place of a mention is left out."""

HIGHLIGHT = "bold green"


def headline(found: FindResult, *, by_score: bool = False) -> str:
    """Says in one sentence how many documents there are, and over which cut-off."""
    if by_score and found.min_score is not None:
        limit = f"score ≥ {found.min_score:.2f}"
    elif found.min_relevance:
        limit = f"relevance ≥ {found.min_relevance:.2f}"
    else:
        limit = "complete ranking, no cut-off"
    kind = f"“{visible(found.entity_type)}” ({limit})"
    if found.total == 0:
        return f"No document mentions {kind}."
    return f"{found.total:,} {'document mentions' if found.total == 1 else 'documents mention'} {kind}"


def expectation(found: FindResult) -> str | None:
    """Says in one sentence how good and how complete the list is expected to be, where that is known."""
    if found.expected_relevant is None or found.expected_recall is None or not found.total:
        return None
    return (
        f"About {found.expected_relevant:,.0f} of {found.total:,} are expected to be right; "
        f"{1 - found.expected_recall:.0%} of all that are right to be left out."
    )


def print_hits(
    found: FindResult,
    console: Console,
    *,
    first_page: bool = True,
    by_score: bool = False,
    same: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Prints the headline and the table; ranks only where they are known, on the first page.

    Ids are never cut: on a terminal they go on in the next line, elsewhere every document has one line, as long as it
    takes. The place is the line of the best mention and the characters before it.
    """
    console.print(headline(found, by_score=by_score), markup=False)
    if not found.hits:
        return
    rows = console.width
    ids = [visible(hit.document_id) for hit in found.hits]
    places = [_place(hit) for hit in found.hits] if rows >= NARROWEST_WITH_PLACE else []
    id_width = max(len("id"), *map(len, ids))
    if console.is_terminal:
        id_width = min(id_width, max(8, rows // 5))
    rank_width = len(str(len(ids))) if first_page else 0
    place_width = max(len("place"), *map(len, places)) if places else 0
    by_score = by_score or any(hit.relevance is None for hit in found.hits)
    value = "score" if by_score else "relevance"
    taken = sum(width + GAP for width in (rank_width, len(value), id_width, place_width) if width)
    text_width = min(WIDEST_TEXT, max(NARROWEST_TEXT, rows - taken))

    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    if first_page:
        table.add_column("#", justify="right", no_wrap=True)
    table.add_column(value, justify="right", no_wrap=True)
    table.add_column("id", width=id_width, overflow="fold")
    if places:
        table.add_column("place", no_wrap=True)
    if console.is_terminal:
        table.add_column("text", max_width=text_width, overflow="fold")
    else:
        table.add_column("text", no_wrap=True)
    for rank, (name, hit) in enumerate(zip(ids, found.hits, strict=True), start=1):
        number = f"{hit.score:.3f}" if by_score else f"{hit.relevance:.2f}"
        sentence = excerpt(hit, text_width * LINES - RAGGED, brackets=not console.is_terminal)
        others = len((same or {}).get(hit.document_id, ()))
        if others:
            sentence.append(f" (+{others:,} of this text)")
        ranks, placed = ([str(rank)] if first_page else []), ([places[rank - 1]] if places else [])
        table.add_row(*ranks, number, Text(name), *placed, sentence)
    console.print(table, crop=False)


def _place(hit: Hit) -> str:
    start = hit.mentions[0].start
    line = hit.document.text.count("\n", 0, start) + 1
    return f"{line}:{start}"


def excerpt(hit: Hit | ReviewDocument, budget: int, *, brackets: bool) -> Text:
    """Cuts a document's text around its best mention; `brackets`: around mentions, for where there is no bold."""
    shown = Text()
    for piece in cut(visible(hit.document.text), hit.mentions, budget):
        marked = piece.mention is not None
        shown.append(
            f"[{piece.text}]" if marked and brackets else piece.text,
            style=HIGHLIGHT if marked and not brackets else None,
        )
    return shown
