"""One page of an answer, as structured content and as text, cut where it would grow too large."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Literal

from nerret_mcp.answers import FindPage
from nerret_mcp.library import Collection
from nerret_tools import FindResult, Hit
from nerret_tools.cancellation import check_cancelled
from nerret_tools.showing import count, evidence_of, heading, line_of, title_of

__all__ = ["Question", "find_page"]

MENTIONS_SHOWN = 3

_DECIMALS = 3
"""Of scores and relevances: enough to order and to judge by, at a few tokens a document."""

_SMALLEST_ENTRY = 115
_SMALLEST_DETAILED_ENTRY = 150
"""Characters of a document with a one-letter id and mention in JSON: no page can hold more of them."""

_AROUND_CHARACTERS = 600
"""Of everything on a page but its documents and the names of type and collection."""


@dataclass(frozen=True)
class Question:
    """What is asked, and how the answer is to look.

    Attributes:
        narrowed: Cut-offs and filter, as keywords of `EntityIndex.find`.
    """

    entity_type: str
    narrowed: dict[str, Any]
    limit: int
    cursor: str | None
    detailed: bool
    count_only: bool


@dataclass(frozen=True)
class _Entry:
    """A document in both forms."""

    plain: dict[str, Any]
    line: str


class _Page:
    """Takes in documents as long as there is room for them, in both forms, and for what stands around them."""

    def __init__(self, collection: Collection, question: Question, page_chars: int) -> None:
        self.entries: list[_Entry] = []
        self._detailed = question.detailed
        around = _AROUND_CHARACTERS + len(json.dumps(question.entity_type)) + 2 * len(collection.name)
        self._json_room = self._text_room = page_chars - around

    def takes(self, hit: Hit) -> bool:
        """Whether there was room for one more document; for the first one there always is."""
        check_cancelled()
        entry = _entry(hit, self._detailed)
        self._json_room -= len(json.dumps(entry.plain, ensure_ascii=False)) + 2
        self._text_room -= len(entry.line) + 1
        if self.entries and min(self._json_room, self._text_room) < 0:
            return False
        self.entries.append(entry)
        return True


def find_page(collection: Collection, question: Question, page_chars: int) -> tuple[dict[str, Any], str]:
    """Answer with one page: structured content and text, each of at most `page_chars` characters.

    Args:
        collection: What is searched.
        question: What is asked.
        page_chars: A single document is shown even if it is larger.

    Raises:
        NerretError: As `EntityIndex.find` does.
        CancelledError: The caller has gone; see `nerret_tools.cancellation`.
    """
    page = _Page(collection, question, page_chars)
    smallest = _SMALLEST_DETAILED_ENTRY if question.detailed else _SMALLEST_ENTRY
    result = collection.index.find(
        question.entity_type,
        limit=1 if question.count_only else min(question.limit, page_chars // smallest),
        **question.narrowed,
        cursor=question.cursor,
        max_mentions=0 if question.count_only else MENTIONS_SHOWN,
    )
    place = f"collection {collection.name}"
    if question.count_only:
        return _structured([], result.model_copy(update={"next_cursor": None}), collection, question), count(
            result, place
        )
    taken = list(takewhile(page.takes, result.hits))
    if len(taken) < len(result.hits):
        result = result.model_copy(update={"hits": taken, "next_cursor": taken[-1].cursor})
    header = heading(result, len(page.entries), result.next_cursor, place)
    text = "\n".join([header, *(entry.line for entry in page.entries)])
    return _structured(page.entries, result, collection, question), text


def _entry(hit: Hit, detailed: bool) -> _Entry:
    evidence = evidence_of(hit, len(hit.mentions) if detailed else 0)
    plain = {
        "document_id": hit.document_id,
        "title": title_of(hit.document.metadata),
        "score": round(hit.score, _DECIMALS),
        "relevance": _rounded(hit.relevance),
        "mention_count": hit.mention_count,
        "mentions": [
            {"text": one.text, "start": one.start, "end": one.end, "snippet": one.around}
            if detailed
            else {"text": one.text}
            for one in evidence
        ],
    }
    return _Entry({key: value for key, value in plain.items() if value is not None}, line_of(hit, evidence))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)


def _structured(
    entries: list[_Entry], result: FindResult, collection: Collection, question: Question
) -> dict[str, Any]:
    page = FindPage(
        entity_type=question.entity_type,
        collection=collection.name,
        index_id=collection.index_id,
        min_relevance=_rounded(result.min_relevance),
        total_documents=result.total,
        expected_relevant=None if result.expected_relevant is None else round(result.expected_relevant, 1),
        expected_recall=_rounded(result.expected_recall),
        returned=len(entries),
        next_cursor=result.next_cursor,
        truncated_by=_reason(len(entries), result, question.limit),
        documents=[],
    )
    return {**page.model_dump(), "documents": [entry.plain for entry in entries]}


def _reason(returned: int, result: FindResult, limit: int) -> Literal["limit", "size"] | None:
    if result.next_cursor is None:
        return None
    return "limit" if returned >= limit else "size"
