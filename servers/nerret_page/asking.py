"""Ask: the answer as one would read it, documents in pages and entities beside them."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nerret_page.desk import index_of
from nerret_page.export import calls
from nerret_page.question import Question
from nerret_page.rankings import standing_of
from nerret_page.rendering import page
from nerret_tools import FindResult, Hit, Mention
from nerret_tools.showing import title_of
from nerret_tools.showing.excerpt import Piece, excerpt

PAGE = 25
"""Documents loaded at once: more than fit on a tall screen."""

ENTITIES = 50
"""Entities loaded at once."""

EXCERPT_CHARACTERS = 320
"""Two or three sentences around the best mention."""


class Row(NamedTuple):
    """A document of the list.

    Attributes:
        id: Its id.
        title: From its metadata, where they have one.
        relevance: That it mentions such an entity; ``None`` where the model cannot tell.
        shown: Its text around the best mention.
        mentions: Why it is listed, best first.
        others: Mentions over the cut-off that are not among these.
    """

    id: str
    title: str | None
    relevance: float | None
    shown: list[Piece]
    mentions: list[Mention]
    others: int

    @classmethod
    def of(cls, hit: Hit) -> Row:
        """The row of a hit."""
        others = max(0, hit.mention_count - len(hit.mentions))
        shown = excerpt(hit.document.text, hit.mentions, EXCERPT_CHARACTERS)
        return cls(hit.document_id, title_of(hit.document.metadata), hit.relevance, shown, hit.mentions, others)


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
    rows = [Row.of(hit) for hit in found.hits]
    return {"question": question, "found": found, "rows": rows, "following": following, "calls": calls(question)}
