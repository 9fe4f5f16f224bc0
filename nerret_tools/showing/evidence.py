"""A page of an answer as text: a heading, then a line a document with what speaks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nerret_tools.documents import FindResult, Hit
from nerret_tools.showing.untrusted import NOTICE, shorten, shown_id, snippet, window

COLUMNS = "columns: document_id, relevance, mention_count, mentions, title"

TITLE_CHARACTERS = 120
MENTION_CHARACTERS = 120
SNIPPET_CHARACTERS = 90
"""A line or two each: enough to tell what it is; the document itself has the rest."""

_TITLE_KEYS = ("title", "name", "headline")


class EvidenceOf(NamedTuple):
    """One mention as it is shown."""

    text: str  # its words, cleaned and shortened
    start: int  # first character in the document
    end: int  # one past the last
    times: int  # how often the name stands in the document
    around: str | None  # the words around it; `None` where they are not shown, or shown already


def title_of(metadata: Mapping[str, Any]) -> str | None:
    """A document's title, where its metadata has one."""
    for key in _TITLE_KEYS:
        value = metadata.get(key)
        if isinstance(value, str) and value.strip():
            return shorten(value, TITLE_CHARACTERS)
    return None


def evidence_of(hit: Hit, snippets: int) -> list[EvidenceOf]:
    """The names of a hit, best first; the first `snippets` of them with the words around, each place once."""
    shown: list[tuple[int, int]] = []
    evidence = []
    for number, one in enumerate(hit.mentions):
        around = None
        if number < snippets and not any(begin <= one.start and one.end <= stop for begin, stop in shown):
            shown.append(window(hit.document.text, one.start, one.end, SNIPPET_CHARACTERS))
            around = snippet(hit.document.text, one.start, one.end, SNIPPET_CHARACTERS)
        text = shorten(one.text, MENTION_CHARACTERS)
        evidence.append(EvidenceOf(text, one.start, one.end, 1 + len(one.repeats), around))
    return evidence


def line_of(hit: Hit, evidence: Sequence[EvidenceOf], *, places: bool) -> str:
    """A document with its evidence, under `COLUMNS`, separated by tabs; `places`: say where each name stands."""
    names = [_shown(one, places=places) for one in evidence]
    relevance = f"score {hit.score:.3f}" if hit.relevance is None else f"{hit.relevance:.2f}"
    title = title_of(hit.document.metadata) or ""
    return f"{shown_id(hit.document_id)}\t{relevance}\t{hit.mention_count}\t{' | '.join(names)}\t{title}"


def _shown(one: EvidenceOf, *, places: bool) -> str:
    often = f" ×{one.times}" if one.times > 1 else ""
    place = f" [{one.start}-{one.end}]" if places else ""
    return one.text + often + place + ("" if one.around is None else f" “{one.around}”")


def count(result: FindResult, place: str = "this index") -> str:
    """How many there are, over which cut-off, and where: `place` says what was searched, in words."""
    cutoff = "the cut-off" if result.min_relevance is None else f"min_relevance {result.min_relevance:.3g}"
    if not result.total:
        return f"0 documents; nothing in {place} reaches {cutoff}; try other words for the type, or a lower one"
    found = f"{result.total:,} documents in {place} that reach {cutoff}"
    if result.expected_recall is None or result.expected_relevant is None:
        return found
    share = f"{result.expected_recall:.0%} of the right ones that were detected"
    return f"{found}, of which {result.expected_relevant:.0f} are expected to be right: {share}"


def heading(result: FindResult, returned: int, next_cursor: str | None, place: str = "this index") -> str:
    """What a page is of, what its columns are, and what to do next: one line; `place` as of `count`."""
    if not result.total:
        return count(result, place)
    following = "this is the last page" if next_cursor is None else f"call again with cursor={next_cursor}"
    return "; ".join([f"{returned:,} of {count(result, place)}", COLUMNS, NOTICE, following])


def text_page(result: FindResult, snippets: int = 1) -> str:
    """A whole page of `EntityIndex.find` as text, the best mentions of a document with the words around them."""
    lines = [line_of(hit, evidence_of(hit, snippets), places=False) for hit in result.hits]
    return "\n".join([heading(result, len(lines), result.next_cursor), *lines])
