"""The server: tools, resources and prompt over one library."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
from mcp.server import MCPServer
from mcp.server.auth.provider import TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from nerret_mcp.extracting import extracting_tool
from nerret_mcp.finding import finding_tool
from nerret_mcp.guidance import INSTRUCTIONS, add_prompt
from nerret_mcp.library import Library
from nerret_mcp.listing import listing_tool
from nerret_mcp.naming import naming_tool
from nerret_mcp.options import Options
from nerret_mcp.reading import reading_tool
from nerret_mcp.resources import add_resources
from nerret_mcp.stdio import StdioServer
from nerret_mcp.strict import StrictTool
from nerret_mcp.verifying import verifying_tool
from nerret_tools import __version__

_HANDSHAKE_GRACE = 0.1
"""Seconds between the first answer and the import of torch, which would hold the interpreter meanwhile."""

_LONGEST_QUIET = 2.0
"""Seconds after which the model is loaded even though nobody has said anything."""


def create_server(
    library: Library,
    options: Options,
    *,
    auth: AuthSettings | None = None,
    token_verifier: TokenVerifier | None = None,
) -> MCPServer[None]:
    """Make the server; the library, which the caller closes, begins to load once the first client has been greeted.

    `auth` and `token_verifier` are for HTTP.
    """
    greeted = anyio.Event()

    async def notice_first_request(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        try:
            return await call_next(ctx)
        finally:
            greeted.set()

    @asynccontextmanager
    async def load_after_greeting(_: MCPServer[None]) -> AsyncIterator[None]:
        async def load() -> None:
            with anyio.move_on_after(_LONGEST_QUIET):
                await greeted.wait()
            await anyio.sleep(_HANDSHAKE_GRACE)
            library.start()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(load)
            yield
            tasks.cancel_scope.cancel()

    reviewing: list[StrictTool] = []
    if options.reviews:
        from nerret_mcp.reviewing import reviewing_tool  # brings most of the engine

        reviewing = [reviewing_tool(library, Path(options.reviews), options.page_chars)]
    with _without_rich():
        server = StdioServer(
            name="nerret",
            title="nerret-tools",
            description="Finds every document that mentions an entity of a type named at query time.",
            instructions=INSTRUCTIONS,
            version=__version__,
            tools=[
                finding_tool(library, options.page_chars),
                naming_tool(library, options.page_chars),
                reading_tool(library, options.page_chars),
                listing_tool(library),
                verifying_tool(library, options.page_chars),
                extracting_tool(library, options.page_chars),
                *reviewing,
            ],
            log_level=options.log_level,
            lifespan=load_after_greeting,
            middleware=[notice_first_request],
            auth=auth,
            token_verifier=token_verifier,
        )
    add_prompt(server)
    add_resources(server, library, options.page_chars)
    return server


@contextmanager
def _without_rich() -> Iterator[None]:
    """While the SDK sets up logging, which the command has done before it: a client would wait 30 ms for rich."""
    refused = {"rich.console"} - set(sys.modules)
    sys.modules.update(dict.fromkeys(refused))  # type: ignore[arg-type]  # None is how an import is refused
    try:
        yield
    finally:
        for name in refused:
            del sys.modules[name]
