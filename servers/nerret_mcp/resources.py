"""Collections and documents as resources: a second way to them, for clients that let people pick."""

from __future__ import annotations

from mcp.server import MCPServer
from mcp.server.mcpserver import ResourceSecurity
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError

from nerret_mcp.faults import UnknownCollectionError, UnknownDocumentError
from nerret_mcp.library import Library
from nerret_mcp.listing import list_all
from nerret_mcp.reading import read_part

_ANY_ID = ResourceSecurity(exempt_params={"document_id"})
"""Ids are keys of a database and never paths of files, so they may look like paths."""


def add_resources(server: MCPServer[None], library: Library, page_chars: int) -> None:
    """Offer ``nerret://collections`` and ``nerret://collections/NAME/documents/ID{?offset}``."""

    @server.resource(
        "nerret://collections",
        name="collections",
        title="Collections",
        description="Every collection with its numbers, as list_collections gives them.",
        mime_type="application/json",
    )
    async def collections() -> str:
        try:
            return (await list_all(library)).model_dump_json()
        except ToolError as error:
            raise ResourceError(str(error)) from error

    @server.resource(
        "nerret://collections/{collection}/documents/{document_id}{?offset}",
        name="document",
        title="Document",
        description="A document with its mentions, as get_document gives it; offset continues a long one.",
        mime_type="application/json",
        security=_ANY_ID,
    )
    async def document(collection: str, document_id: str, offset: int = 0) -> str:
        try:
            chosen = await library.collection(collection)
            part = await library.work(
                lambda: read_part(chosen, document_id, None, max(0, offset), page_chars, page_chars)
            )
        except (UnknownCollectionError, UnknownDocumentError) as error:
            raise ResourceNotFoundError(str(error)) from error
        except ToolError as error:
            raise ResourceError(str(error)) from error
        return part.model_dump_json(exclude_none=True)
