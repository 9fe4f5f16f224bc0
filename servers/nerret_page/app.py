"""The application: which address shows what, who may ask for it, and what a failure says."""

from __future__ import annotations

import logging
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from nerret_page import asking, export, mapping, overview, reading
from nerret_page.desk import Desk
from nerret_page.entrance import Entrance
from nerret_page.faults import told
from nerret_page.headers import SafeHeaders
from nerret_page.options import Options
from nerret_page.rendering import FOLDER, page
from nerret_page.reviewing import Reviewing
from nerret_tools.errors import NerretError
from nerret_tools.listening import Gate

_log = logging.getLogger(__name__)


def create_app(options: Options, desk: Desk | None = None) -> Starlette:
    """The ASGI application; `desk` where the index is open already."""
    desk = desk or Desk(options)
    reviewing = Reviewing(desk, Path(options.reviews))
    routes = [
        Route("/", asking.answer),
        Route("/rows", asking.rows),
        Route("/entities", asking.entities),
        Route("/curve", asking.curve),
        Route("/document", reading.document),
        Route("/export.csv", export.as_csv),
        Route("/export.jsonl", export.as_json_lines),
        Route("/overview", overview.view),
        Route("/contents", overview.contents),
        Route("/examples", overview.examples),
        Route("/review", reviewing.view),
        Route("/review", reviewing.act, methods=["POST"]),
        Route("/review/judgements.csv", reviewing.judgements),
        Route("/map", mapping.view),
        Route("/map/points", mapping.points),
        Route("/map/neighbourhoods", mapping.neighbourhoods),
        Route("/map/region", mapping.region),
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
    ]
    guards = [
        Middleware(SafeHeaders),
        Middleware(
            Gate,
            host=options.host,
            hosts=options.allowed_hosts,
            origins=[f"{scheme}://{host}" for host in options.allowed_hosts for scheme in ("http", "https")],
        ),
    ]
    if options.token is not None:
        guards.append(Middleware(Entrance, token=options.token))
    app = Starlette(routes=routes, middleware=guards, exception_handlers={NerretError: _failed, 404: _not_there})
    app.state.desk = desk
    return app


def _failed(request: Request, error: Exception) -> Response:
    fault = told(error)
    if fault.status >= 500:
        _log.error("%s: %s", type(error).__name__, error)
    return page(request, "fault.html", code=fault.status, fault=fault)


def _not_there(request: Request, _: Exception) -> Response:
    return page(request, "fault.html", code=404, fault=None)
