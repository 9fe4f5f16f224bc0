"""The tool that lists the collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from mcp_types import CallToolResult

from nerret_mcp.answers import CollectionList, CollectionSummary, MetadataField
from nerret_mcp.forms import answer
from nerret_mcp.library import Collection, Library
from nerret_mcp.strict import StrictTool
from nerret_tools.showing import clean, shorten

if TYPE_CHECKING:
    from nerret_tools import EntityIndex

_DESCRIPTION = """\
List the collections that can be searched, how many documents and mentions each holds, the metadata fields that \
`where` can name with examples of their values, and whether the model is loading, ready or failed. You need this only \
to choose a collection, to filter, or to see how large it is: searches use the default collection otherwise."""

MAX_FIELDS = 30
MAX_EXAMPLES = 3
EXAMPLE_CHARACTERS = 40
LOOKED_AT = 100
"""Documents from which examples are taken."""


def listing_tool(library: Library) -> StrictTool:
    """Make the tool."""

    async def list_collections() -> Annotated[CallToolResult, CollectionList]:
        found = await list_all(library)
        return answer(_text(found), found)

    return StrictTool.reading(list_collections, "List the collections", _DESCRIPTION)


async def list_all(library: Library) -> CollectionList:
    """Every collection with its numbers as they are now."""
    collections = await library.collections()
    return await library.work(lambda: CollectionList(collections=[_summary(one, library) for one in collections]))


def _summary(collection: Collection, library: Library) -> CollectionSummary:
    stats = collection.index.stats()
    return CollectionSummary(
        name=stats.name,
        default=stats.name == library.default,
        documents=stats.documents,
        mentions=stats.mentions,
        model=stats.model,
        dimension=stats.dimension,
        metadata=list(collection.fields(stats.generation, lambda: _fields(collection.index))),
        model_state=library.state,
    )


def _fields(index: EntityIndex) -> list[MetadataField]:
    """The most frequent fields with some of their values."""
    counts = index.fields()
    seen: dict[str, dict[Any, None]] = {name: {} for name in counts}
    for document in index.get(index.ids()[:LOOKED_AT]):
        for name, value in document.metadata.items():
            if name in seen and isinstance(value, str | int | float):
                seen[name].setdefault(shorten(value, EXAMPLE_CHARACTERS) if isinstance(value, str) else value)
    frequent = sorted(counts, key=lambda name: (-counts[name], name))[:MAX_FIELDS]
    return [
        MetadataField(name=clean(name), documents=counts[name], examples=list(seen[name])[:MAX_EXAMPLES])
        for name in frequent
    ]


def _text(found: CollectionList) -> str:
    header = "columns: name, documents, mentions, model, dimension, model state, metadata fields with examples"
    return "\n".join([f"{len(found.collections)} collections; {header}", *map(_line, found.collections)])


def _line(one: CollectionSummary) -> str:
    name = f"{one.name} (default)" if one.default else one.name
    fields = "; ".join(f"{field.name}: {', '.join(map(str, field.examples))}" for field in one.metadata)
    return f"{name}\t{one.documents}\t{one.mentions}\t{one.model}\t{one.dimension}\t{one.model_state}\t{fields}"
