"""Ask: the answer as one would read it, documents in pages and entities beside them."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nerret_page.desk import index_of
from nerret_page.export import calls
from nerret_page.question import Question
from nerret_page.rankings import standing_of
from nerret_page.rendering import page
from nerret_tools import FindResult

PAGE = 25
"""Documents loaded at once: more than fit on a tall screen."""

ENTITIES = 50
"""Entities loaded at once."""


def answer(request: Request) -> Response:
    """The whole page: with no question the form alone, else the first documents too."""
    question = Question.of(request.query_params)
    with index_of(request) as index:
        stats = index.stats()
        content: dict[str, Any] = {"question": question, "stats": stats}
        if question.entity_type and stats.documents:
            content |= _listed(question, index.find(question.asked, limit=PAGE, **question.options))
    return page(request, "ask.html", **content)


def rows(request: Request) -> Response:
    """The next documents of a list, to be put behind those that are there."""
    question = Question.of(request.query_params)
    with index_of(request) as index:
        cursor = request.query_params.get("cursor")
        found = index.find(question.asked, limit=PAGE, cursor=cursor, **question.options)
    return page(request, "rows.html", **_listed(question, found))


def entities(request: Request) -> Response:
    """The entities of a type, each once, or the next of them."""
    question = Question.of(request.query_params)
    with index_of(request) as index:
        cursor = request.query_params.get("cursor")
        found = index.entities(question.asked, limit=ENTITIES, cursor=cursor, **question.options)
    return page(request, "entities.html", question=question, found=found, first=cursor is None)


def curve(request: Request) -> Response:
    """What is to be expected of the list wherever it stops, and where it stops now."""
    question = Question.of(request.query_params)
    with index_of(request) as index:
        stops = index.find(question.asked, limit=1, max_mentions=0, **question.options)
        standing = standing_of(index, question)
    return JSONResponse({"points": standing.curve(), "rank": stops.total})


def _listed(question: Question, found: FindResult) -> dict[str, Any]:
    following = None if found.next_cursor is None else question.address(cursor=found.next_cursor)
    return {"question": question, "found": found, "following": following, "calls": calls(question)}
