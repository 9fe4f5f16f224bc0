"""The tool that lists the collections."""

from __future__ import annotations

from typing import Annotated

from mcp_types import CallToolResult, TextContent

from nerret_mcp.answers import CollectionList, CollectionSummary
from nerret_mcp.library import Library
from nerret_mcp.strict import StrictTool
from nerret_tools import IndexStats

__all__ = ["list_all", "listing_tool"]

_DESCRIPTION = """\
List the collections that can be searched, how many documents and mentions each holds, and whether the model is \
loading, ready or failed. You need this only to choose a collection or to see how large it is: searches use the \
default collection otherwise."""


def listing_tool(library: Library) -> StrictTool:
    """Make the tool."""

    async def list_collections() -> Annotated[CallToolResult, CollectionList]:
        found = await list_all(library)
        return CallToolResult(
            content=[TextContent(type="text", text=_text(found))], structured_content=found.model_dump()
        )

    return StrictTool.reading(
        list_collections, name="list_collections", title="List the collections", description=_DESCRIPTION
    )


async def list_all(library: Library) -> CollectionList:
    """Every collection with its numbers as they are now."""
    collections = await library.collections()
    stats = await library.work(lambda: [collection.index.stats() for collection in collections])
    return CollectionList(collections=[_summary(one, library) for one in stats])


def _summary(stats: IndexStats, library: Library) -> CollectionSummary:
    return CollectionSummary(
        name=stats.name,
        default=stats.name == library.default,
        documents=stats.documents,
        mentions=stats.mentions,
        model=stats.model,
        dimension=stats.dimension,
        model_state=library.state,
    )


def _text(found: CollectionList) -> str:
    header = "columns: name, documents, mentions, model, dimension, model state"
    return "\n".join([f"{len(found.collections)} collections; {header}", *map(_line, found.collections)])


def _line(one: CollectionSummary) -> str:
    name = f"{one.name} (default)" if one.default else one.name
    return f"{name}\t{one.documents}\t{one.mentions}\t{one.model}\t{one.dimension}\t{one.model_state}"
