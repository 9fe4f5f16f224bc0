"""Templates to answers; whatever comes from the corpus is escaped, and nothing in it can hide or steer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from nerret_tools.showing import clean, shorten, title_of
from nerret_tools.showing.excerpt import excerpt

FOLDER = Path(__file__).parent

VIEWS = {"/": "Ask", "/review": "Review", "/map": "Map", "/overview": "What is in here"}
"""The menu: address and name."""


def _percent(share: float | None) -> str:
    """A probability; never 100% where it is not sure, nor 0% where it is not impossible."""
    if share is None:
        return "–"
    return f"{min(max(share, 0.01), 0.99):.0%}" if 0 < share < 1 else f"{share:.0%}"


_environment = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
_environment.filters |= {
    "clean": clean,
    "count": lambda number: f"{number:,}",
    "excerpt": lambda hit, most: excerpt(hit.document.text, hit.mentions, most),  # around its best mention
    "percent": _percent,
    "shorten": shorten,
    "title": lambda document: title_of(document.metadata),
}


def page(request: Request, template: str, code: int = 200, **content: Any) -> HTMLResponse:
    """Fill a template."""
    known = {"views": VIEWS, "path": request.url.path}
    return HTMLResponse(_environment.get_template(template).render(**known, **content), code)
