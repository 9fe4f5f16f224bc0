"""The map: mentions in two dimensions, and what lies in a part of it."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nerret_page.desk import index_of
from nerret_page.kinds import kinds_of
from nerret_page.layouts import Neighbourhoods, Points, principal_components
from nerret_page.question import Question
from nerret_page.rendering import page
from nerret_page.states import once_a_state
from nerret_tools import EntityIndex
from nerret_tools.errors import CursorError, FilterError
from nerret_tools.sampling import MentionSample
from nerret_tools.showing import shorten

MOST = 20_000
"""Mentions on the map."""

FINEST = 10_000
"""Steps of a coordinate: finer than a screen."""

LISTED = 60
"""Names listed of a region."""

PROPOSED = 8
"""Types proposed for a region."""

NAME_CHARACTERS = 60


class Chart(NamedTuple):
    """The map of an index in one state."""

    sample: MentionSample
    components: Points
    neighbourhoods: Neighbourhoods


def view(request: Request) -> Response:
    """The page; the points are loaded into it."""
    with index_of(request) as index:
        stats = index.stats()
    return page(request, "map.html", question=Question.of(request.query_params), stats=stats, most=MOST)


def points(request: Request) -> Response:
    """Where each mention is, of which kind it is, and how relevant to the asked type."""
    question = Question.of(request.query_params)
    with index_of(request) as index:
        chart = _chart(index)
        relevances = None
        if question.entity_type:
            asked = index.sample(MOST, question.asked)
            if len(asked.mentions) != len(chart.sample.mentions):
                raise CursorError("the index has changed")
            relevances = asked.relevances
    mentions = chart.sample.mentions
    names = [shorten(one.text, NAME_CHARACTERS) for one in mentions]
    content: dict[str, Any] = {
        "components": _whole(chart.components),
        "neighbourhoods": _state(chart),
        **_coded("kind", [one.archetype or "" for one in mentions]),
        **_coded("name", names),
        "relevance": None if relevances is None else (relevances * 100).round().astype(int).tolist(),
    }
    return JSONResponse(content)


def neighbourhoods(request: Request) -> Response:
    """How far UMAP is, which this begins, and its points once they are there."""
    with index_of(request) as index:
        chart = _chart(index)
    chart.neighbourhoods.begin()
    return JSONResponse(_state(chart))


def region(request: Request) -> Response:
    """What lies in a rectangle: its names, and types that they might be of."""
    given = request.query_params
    try:
        left, right, top, bottom = (float(given[side]) for side in ("left", "right", "top", "bottom"))
    except (KeyError, ValueError):
        raise FilterError("a region has four sides, left, right, top and bottom, each a number") from None
    with index_of(request) as index:
        chart = _chart(index)
        points = chart.neighbourhoods.points if given.get("layout") == "neighbourhoods" else chart.components
        if points is None:
            raise CursorError("the layout is not there yet")
        inside = (points >= [left, top]).all(axis=1) & (points <= [right, bottom]).all(axis=1)
        places = np.flatnonzero(inside)
        proposed = kinds_of(index, chart.sample.embeddings[places], PROPOSED)
    chosen = [chart.sample.mentions[place] for place in places.tolist()]
    first = {one.text: (chart.sample.document_ids[place], one) for place, one in zip(places, chosen, strict=True)}
    common = Counter(one.text for one in chosen).most_common(LISTED)
    names = [(name, number, *first[name]) for name, number in common]
    return page(request, "region.html", total=len(chosen), names=names, different=len(first), proposed=proposed)


@once_a_state(1)
def _chart(index: EntityIndex) -> Chart:
    stats, sample = index.stats(), index.sample(MOST)
    if not sample.mentions:
        raise FilterError("there is no mention to be put on a map")
    layout = Neighbourhoods(f"{stats.index_id}-{stats.generation}", sample.embeddings)
    return Chart(sample, principal_components(sample.embeddings), layout)


def _whole(points: Points) -> list[int]:
    """Coordinates as whole numbers, x and y in turn."""
    flat: list[int] = (points * FINEST).round().astype(int).ravel().tolist()
    return flat


def _state(chart: Chart) -> dict[str, Any]:
    layout = chart.neighbourhoods
    points = None if layout.points is None else _whole(layout.points)
    return {"possible": layout.possible, "progress": layout.progress, "points": points}


def _coded(name: str, values: list[str]) -> dict[str, Any]:
    """A list of texts as numbers of a shorter one, the most frequent first."""
    order = {value: number for number, (value, _) in enumerate(Counter(values).most_common())}
    return {f"{name}s": list(order), name: [order[value] for value in values]}
