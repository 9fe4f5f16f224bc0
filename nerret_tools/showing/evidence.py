"""A page of an answer as text: a heading, then a line a document with what speaks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nerret_tools.documents import FindResult, Hit
from nerret_tools.showing.untrusted import NOTICE, shorten, shown_id, snippet

__all__ = ["COLUMNS", "EvidenceOf", "count", "evidence_of", "heading", "line_of", "text_page", "title_of"]

COLUMNS = "columns: document_id, relevance, score, mention_count, mentions, title"

TITLE_CHARACTERS = 120
MENTION_CHARACTERS = 120
SNIPPET_CHARACTERS = 160
"""A line or two each: enough to tell what it is; the document itself has the rest."""

_TITLE_KEYS = ("title", "name", "headline")


class EvidenceOf(NamedTuple):
    """One mention as it is shown.

    Attributes:
        text: Its words, cleaned and shortened.
        start: First character in the document.
        end: One past the last.
        around: The words around it; ``None`` where they are not shown.
    """

    text: str
    start: int
    end: int
    around: str | None


def title_of(metadata: Mapping[str, Any]) -> str | None:
    """A document's title, where its metadata has one."""
    for key in _TITLE_KEYS:
        value = metadata.get(key)
        if isinstance(value, str) and value.strip():
            return shorten(value, TITLE_CHARACTERS)
    return None


def evidence_of(hit: Hit, snippets: int) -> list[EvidenceOf]:
    """The mentions of a hit, best first; the first `snippets` of them with the words around."""
    return [
        EvidenceOf(
            shorten(one.text, MENTION_CHARACTERS),
            one.start,
            one.end,
            snippet(hit.document.text, one.start, one.end, SNIPPET_CHARACTERS) if number < snippets else None,
        )
        for number, one in enumerate(hit.mentions)
    ]


def line_of(hit: Hit, evidence: Sequence[EvidenceOf]) -> str:
    """A document with its evidence, under `COLUMNS`, separated by tabs."""
    shown = [
        one.text if one.around is None else f"{one.text} [{one.start}-{one.end}] “{one.around}”" for one in evidence
    ]
    relevance = "unknown" if hit.relevance is None else f"{hit.relevance:.3f}"
    numbers = f"{relevance}\t{hit.score:.3f}\t{hit.mention_count}"
    return f"{shown_id(hit.document_id)}\t{numbers}\t{' | '.join(shown)}\t{title_of(hit.document.metadata) or ''}"


def count(result: FindResult, place: str = "this index") -> str:
    """How many there are, over which cut-off, and where.

    Args:
        result: A page of the answer.
        place: What was searched, in words.
    """
    cutoff = "the cut-off" if result.min_relevance is None else f"min_relevance {result.min_relevance:.3g}"
    if not result.total:
        return f"0 documents; nothing in {place} reaches {cutoff}; try other words for the type, or a lower one"
    found = f"{result.total:,} documents in {place} that reach {cutoff}"
    if result.expected_recall is None or result.expected_relevant is None:
        return found
    share = f"{result.expected_recall:.0%} of the right ones that were detected"
    return f"{found}, of which {result.expected_relevant:.0f} are expected to be right: {share}"


def heading(result: FindResult, returned: int, next_cursor: str | None, place: str = "this index") -> str:
    """What a page is of, what its columns are, and what to do next: one line.

    Args:
        result: Whose page it is.
        returned: Documents on the page.
        next_cursor: Of the page behind it; ``None`` on the last.
        place: What was searched, in words.
    """
    if not result.total:
        return count(result, place)
    following = "this is the last page" if next_cursor is None else f"call again with cursor={next_cursor}"
    return "; ".join([f"{returned:,} of {count(result, place)}", COLUMNS, NOTICE, following])


def text_page(result: FindResult, snippets: int = 1) -> str:
    """A whole page of `EntityIndex.find` as text, the best mentions of a document with the words around them."""
    lines = [line_of(hit, evidence_of(hit, snippets)) for hit in result.hits]
    return "\n".join([heading(result, len(lines), result.next_cursor), *lines])
