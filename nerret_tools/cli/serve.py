"""``nerret serve``: a page in the browser over an index."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Annotated

import typer

from nerret_tools.cli.options import IndexName, IndexPlace, ModelName


def serve(
    place: IndexPlace,
    name: IndexName = "default",
    model: ModelName = "minilm",
    host: Annotated[str, typer.Option(help="The address to listen on; any but a loopback one needs a token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.")] = 8766,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="A name under which browsers reach the page; repeat for several."),
    ] = None,
    reviews: Annotated[str, typer.Option(metavar="DIR", help="Where the files of reviews are kept.")] = ".",
    open_browser: Annotated[bool, typer.Option("--open", help="Show the page in the browser.")] = False,
) -> None:
    """Look at an index in the browser: ask, read the evidence, correct the list, take it away.

    Needs the extra `page`. The token for visitors from other machines is read from NERRET_PAGE_TOKEN.
    """
    page = import_module("nerret_page")  # built on this package, and so not imported by it
    options = import_module("nerret_page.options")
    page.serve(
        options.Options(
            index=place,
            name=name,
            model=model,
            host=host,
            port=port,
            allowed_hosts=tuple(allowed_host or ()),
            reviews=reviews,
            token=os.environ.get(options.TOKEN_VARIABLE) or None,
        ),
        open_browser=open_browser,
    )
