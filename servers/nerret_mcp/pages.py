"""One page of an answer, as structured content and as text, cut where it would grow too large."""

from __future__ import annotations

import json
import threading
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any, Literal

from nerret_mcp.answers import FindPage, FoundDocument, FoundMention
from nerret_mcp.untrusted import NOTICE, shorten, shown_id, snippet
from nerret_tools import EntityIndex, FindResult, Hit, IndexStats

__all__ = ["Question", "find_page", "title_of"]

TITLE_CHARACTERS = 120
MENTION_CHARACTERS = 120
SNIPPET_CHARACTERS = 160
"""A line or two each: enough to tell what it is; `get_document` has the rest."""

MENTIONS_SHOWN = 3

_TITLE_KEYS = ("title", "name", "headline")

_SMALLEST_ENTRY = 120
"""Characters of a document with a one-letter id and mention in JSON: no page can hold more of them."""

_CURSOR_CHARACTERS = 180
"""Of a cursor for an empty id; each byte of an id adds four thirds."""


@dataclass(frozen=True)
class Question:
    """What is asked, and how the answer is to look."""

    entity_type: str
    min_relevance: float | None
    limit: int
    cursor: str | None
    detailed: bool


def find_page(
    index: EntityIndex, question: Question, page_chars: int, cancelled: threading.Event
) -> tuple[dict[str, Any], str]:
    """Answer with one page: structured content and text, each of at most `page_chars` characters.

    A page that is too large is searched again with as many documents as fit, so that the cursor that the
    engine gives is the one behind the last document shown.

    Args:
        index: What is searched.
        question: What is asked.
        page_chars: A single document is shown even if it is larger.
        cancelled: Set by a caller who has gone: then nothing further is begun.

    Raises:
        NerretError: As `EntityIndex.find` does.
        CancelledError: The caller has gone.
    """
    stats = index.stats()
    asked = min(question.limit, page_chars // _SMALLEST_ENTRY)
    while not cancelled.is_set():
        result = index.find(
            question.entity_type,
            limit=asked,
            min_relevance=question.min_relevance,
            cursor=question.cursor,
            max_mentions=MENTIONS_SHOWN,
        )
        documents = [_document(hit, question.detailed) for hit in result.hits]
        fitting = _fitting(documents, result, stats, question, page_chars)
        if fitting >= len(documents):
            return _structured(documents, result, stats, question), _text(documents, result, stats)
        asked = fitting
    raise CancelledError("nobody waits for the answer any more")


def title_of(metadata: dict[str, Any]) -> str | None:
    """A document's title, where its metadata has one."""
    for key in _TITLE_KEYS:
        value = metadata.get(key)
        if isinstance(value, str) and value.strip():
            return shorten(value, TITLE_CHARACTERS)
    return None


def _document(hit: Hit, detailed: bool) -> FoundDocument:
    mentions = [
        FoundMention(
            text=shorten(mention.text, MENTION_CHARACTERS),
            start=mention.start if detailed else None,
            end=mention.end if detailed else None,
            snippet=snippet(hit.document.text, mention.start, mention.end, SNIPPET_CHARACTERS) if detailed else None,
        )
        for mention in hit.mentions
    ]
    return FoundDocument(
        document_id=hit.document_id,
        title=title_of(hit.document.metadata),
        score=hit.score,
        relevance=round(hit.relevance, 6),
        mention_count=hit.mention_count,
        mentions=mentions,
    )


def _fitting(
    documents: list[FoundDocument], result: FindResult, stats: IndexStats, question: Question, page_chars: int
) -> int:
    """How many of the documents fit in a page, in both of its forms; at least one."""
    cursor = _CURSOR_CHARACTERS + 2 * max((len(one.document_id.encode()) for one in documents), default=0)
    as_json = len(json.dumps(_structured([], result, stats, question), ensure_ascii=False)) + cursor
    as_text = len(_text([], result, stats)) + cursor
    for position, document in enumerate(documents):
        as_json += len(json.dumps(_plain(document), ensure_ascii=False)) + 2
        as_text += len(_line(document)) + 1
        if max(as_json, as_text) > page_chars:
            return max(1, position)
    return len(documents)


def _structured(
    documents: list[FoundDocument], result: FindResult, stats: IndexStats, question: Question
) -> dict[str, Any]:
    page = FindPage(
        entity_type=question.entity_type,
        collection=stats.name,
        index_id=stats.index_id,
        min_relevance=round(result.min_relevance, 6),
        exact=result.exact,
        total_documents=result.total,
        returned=len(documents),
        next_cursor=result.next_cursor,
        truncated_by=_reason(len(documents), result, question.limit),
        documents=[],
    )
    return {**page.model_dump(), "documents": [_plain(document) for document in documents]}


def _reason(returned: int, result: FindResult, limit: int) -> Literal["limit", "size"] | None:
    if result.next_cursor is None:
        return None
    return "limit" if returned >= limit else "size"


def _plain(document: FoundDocument) -> dict[str, Any]:
    """As JSON values; a concise mention has its text only."""
    mentions = [mention.model_dump(exclude_none=True) for mention in document.mentions]
    return {**document.model_dump(exclude={"mentions"}), "mentions": mentions}


def _text(documents: list[FoundDocument], result: FindResult, stats: IndexStats) -> str:
    header = [f"{len(documents):,} of {result.total:,} documents"]
    if result.total:
        header += ["columns: document_id, relevance, score, mention_count, mentions, title", NOTICE]
    else:
        header.append(
            f"nothing in collection {stats.name} reaches min_relevance {result.min_relevance:.2f}; "
            "try other words for the type, or a lower min_relevance"
        )
    if result.next_cursor is not None:
        header.append(f"call again with cursor={result.next_cursor}")
    return "\n".join(["; ".join(header), *map(_line, documents)])


def _line(document: FoundDocument) -> str:
    return "\t".join(
        [
            shown_id(document.document_id),
            f"{document.relevance:.4f}",
            f"{document.score:.6f}",
            str(document.mention_count),
            " | ".join(map(_mention, document.mentions)),
            document.title or "",
        ]
    )


def _mention(mention: FoundMention) -> str:
    if mention.snippet is None:
        return mention.text
    return f"{mention.text} [{mention.start}-{mention.end}] “{mention.snippet}”"
