"""A local page over an index: ask, read the evidence, correct the list, take it away.

`create_app` gives the ASGI application, `serve` listens and runs it; ``nerret serve`` calls that. Importing this
package costs nothing: Starlette and Jinja2 are imported when one of the two is called.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from nerret_tools.errors import MissingExtraError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from nerret_page.options import Options

__all__ = ["create_app", "serve"]

if any(find_spec(name) is None for name in ("jinja2", "starlette", "uvicorn")):
    raise MissingExtraError("nerret_page", "page")


def create_app(options: Options) -> ASGIApp:
    """Make the application; see `nerret_page.app`."""
    from nerret_page.app import create_app as create

    return create(options)


def serve(options: Options, *, open_browser: bool = False) -> None:
    """Serve until the process is told to stop; see `nerret_page.serving`."""
    from nerret_page.serving import serve as run

    run(options, open_browser=open_browser)
