"""The MCP server of nerret-tools: entity types in, pages of documents with their evidence out.

`main` is the command ``nerret-mcp``; `create_server` gives the server itself, to be run some other way.
Importing this package costs nothing: the SDK is imported when one of the two is called.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from nerret_tools.errors import MissingExtraError

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from nerret_mcp.library import Library
    from nerret_mcp.options import Options

__all__ = ["create_server", "main"]

if find_spec("mcp") is None:
    raise MissingExtraError("nerret_mcp", "mcp")


def create_server(library: Library, options: Options) -> MCPServer[None]:
    """Make the server over an opened or opening library; see `nerret_mcp.server`."""
    from nerret_mcp.server import create_server as create

    return create(library, options)


def main() -> None:
    """Run the command ``nerret-mcp`` and leave with its exit code; see `nerret_mcp.command`."""
    from nerret_mcp.command import run

    run()
