"""One page of documents, as structured content and as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from nerret_mcp.answers import FindPage, FoundDocument, FoundMention
from nerret_mcp.forms import DECIMALS, fill, rounded, under
from nerret_mcp.library import Collection
from nerret_tools import FindResult, Hit
from nerret_tools.entity_query import Asked
from nerret_tools.showing import count, evidence_of, heading, line_of, title_of

MENTIONS_SHOWN = 3

_SMALLEST_LINE = 12
"""Characters of a document with a one-letter id and mention in text: no page can hold more of them."""


@dataclass(frozen=True)
class Question:
    """What is asked, and how the answer is to look."""

    asked: Asked
    narrowed: dict[str, Any]  # cut-offs and filter, as keywords of `EntityIndex.find`
    limit: int
    cursor: str | None
    detailed: bool
    count_only: bool


def find_page(collection: Collection, question: Question, page_chars: int) -> tuple[FindPage, str]:
    """Answer with one page: structured content and text, each of at most `page_chars` characters, or of one document.

    Raises:
        NerretError: As `EntityIndex.find` does.
        CancelledError: The caller has gone; see `nerret_tools.cancellation`.
    """
    result = collection.index.find(
        question.asked,
        limit=1 if question.count_only else min(question.limit, page_chars // _SMALLEST_LINE),
        **question.narrowed,
        cursor=question.cursor,
        max_mentions=0 if question.count_only else MENTIONS_SHOWN,
    )
    place = f"collection {collection.name}"
    if question.count_only:
        return _structured([], None, result, collection, question), count(result, place)
    forms = fill(
        result.hits,
        lambda hit: _plain(hit, detailed=question.detailed),
        lambda hit: line_of(hit, evidence_of(hit, len(hit.mentions) * question.detailed), places=question.detailed),
        under(page_chars, result.entity_type, collection.name),
    )
    shown = len(forms.lines)
    text = "\n".join([heading(result, shown, _behind(result, shown), place), *forms.lines])
    return _structured(forms.plain, _behind(result, len(forms.plain)), result, collection, question), text


def _behind(result: FindResult, shown: int) -> str | None:
    """The cursor behind the first documents of a page."""
    return result.hits[shown - 1].cursor if shown else result.next_cursor


def _plain(hit: Hit, *, detailed: bool) -> FoundDocument:
    mentions = []
    for one in evidence_of(hit, len(hit.mentions) * detailed):
        mentions.append(FoundMention(text=one.text, count=one.times if one.times > 1 else None))
        if detailed:
            mentions[-1].start, mentions[-1].end, mentions[-1].snippet = one.start, one.end, one.around
    return FoundDocument(
        document_id=hit.document_id,
        title=title_of(hit.document.metadata),
        score=round(hit.score, DECIMALS),
        relevance=rounded(hit.relevance, 2),
        mention_count=hit.mention_count,
        mentions=mentions,
    )


def _structured(
    documents: list[FoundDocument],
    following: str | None,
    result: FindResult,
    collection: Collection,
    question: Question,
) -> FindPage:
    return FindPage(
        entity_type=result.entity_type,
        collection=collection.name,
        index_id=collection.index_id,
        min_relevance=rounded(result.min_relevance, DECIMALS),
        total_documents=result.total,
        expected_relevant=rounded(result.expected_relevant, 1),
        expected_recall=rounded(result.expected_recall, DECIMALS),
        returned=len(documents),
        next_cursor=following,
        truncated_by=_reason(len(documents), following, question.limit),
        documents=documents,
    )


def _reason(returned: int, following: str | None, limit: int) -> Literal["limit", "size"] | None:
    if following is None:
        return None
    return "limit" if returned >= limit else "size"
