"""The document at the place: a stretch of its text with the mentions of the asked type marked, and its neighbours."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from nerret_page.desk import index_of
from nerret_page.question import Question
from nerret_page.rankings import standing_of
from nerret_page.rendering import page
from nerret_tools import EntityIndex, Mention
from nerret_tools.showing.excerpt import pieces

STRETCH = 30_000
"""Characters shown at once: some twenty screens, which a browser lays out in a moment."""

BEFORE = 5_000
"""Of these, so many before the place."""

MOST_MENTIONS = 1_000
"""Marked in one document."""


class Neighbours(NamedTuple):
    """Where a document stands in the list."""

    place: int = 0  # from 1; 0 where it is not in the list
    total: int = 0  # documents of the list
    previous: str | None = None  # id of the one before
    next: str | None = None  # id of the one behind


def document(request: Request) -> Response:
    """Show a document."""
    question = Question.of(request.query_params)
    document_id = request.query_params.get("id", "")
    with index_of(request) as index:
        documents = index.get([document_id])
        if not documents:
            return page(request, "missing.html", code=404, question=question, document_id=document_id)
        if question.entity_type:
            mentions, neighbours = _asked(index, question, document_id)
        else:
            mentions, neighbours = index.mentions(document_id), Neighbours()
    text = documents[0].text
    at = _place(request.query_params.get("at"), mentions)
    begin = _at_space(text, max(0, min(at - BEFORE, len(text) - STRETCH)))
    finish = _at_space(text, min(len(text), begin + STRETCH))
    in_order = sorted(mentions, key=lambda one: one.start)
    return page(
        request,
        "document.html",
        question=question,
        document=documents[0],
        relevance=max((one.relevance for one in mentions if one.relevance is not None), default=None),
        neighbours=neighbours,
        best=min(mentions, key=lambda one: abs(one.start - at), default=None),
        mentions=in_order,
        pieces=pieces(text, mentions, begin, finish),
        begin=begin,
        finish=finish,
        earlier=max(0, begin - STRETCH + BEFORE) if begin else None,
        later=finish + BEFORE if finish < len(text) else None,
    )


def _asked(index: EntityIndex, question: Question, document_id: str) -> tuple[list[Mention], Neighbours]:
    """The document's mentions over the cut-off, best first, and its neighbours in the list."""
    cutoff = index.find(question.asked, limit=1, max_mentions=0, **question.options).min_relevance or 0.0
    over = [one for one in index.mentions(document_id, question.asked) if (one.relevance or 0.0) >= cutoff]
    mentions = sorted(over, key=lambda one: -(one.score or 0.0))[:MOST_MENTIONS]
    standing = standing_of(index, question)
    ids = standing.ids[: standing.over(cutoff)] if cutoff else standing.ids
    if document_id not in ids:
        return mentions, Neighbours()
    place = ids.index(document_id)
    before = ids[place - 1] if place else None
    behind = ids[place + 1] if place + 1 < len(ids) else None
    return mentions, Neighbours(place + 1, len(ids), before, behind)


def _place(given: str | None, mentions: list[Mention]) -> int:
    """Where to look: as the address says, else the best mention."""
    if given is not None and given.isdecimal():
        return int(given)
    return mentions[0].start if mentions else 0


def _at_space(text: str, place: int) -> int:
    """The next space from a place on, if there is one near, so that no word is cut."""
    if place <= 0 or place >= len(text):
        return max(0, min(place, len(text)))
    space = text.find(" ", place, place + 200)
    return place if space < 0 else space
