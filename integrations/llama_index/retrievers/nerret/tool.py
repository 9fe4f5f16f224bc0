"""The retriever as a function that an agent calls."""

from __future__ import annotations

from collections.abc import Sequence

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel, Field

__all__ = ["DESCRIPTION", "NAME", "as_function_tool"]

NAME = "find_documents_with_entity_type"

DESCRIPTION = (
    "Finds all documents that mention an entity of a given type, such as 'dinosaur', 'airline' or 'sports facility', "
    "best first. Name a type, not a question and not the name of a single entity. Returns each document's id in "
    "square brackets, the entities found in it, and its text."
)


class EntityTypeInput(BaseModel):
    """What an agent passes."""

    entity_type: str = Field(description="The type in free text, for example 'dinosaur' or 'programming language'.")


def as_function_tool(retriever: BaseRetriever, name: str, description: str, limit: int | None) -> FunctionTool:
    """Wrap a retriever; ``limit`` is the number of nodes at which it stops, for the heading."""

    def find(entity_type: str) -> list[NodeWithScore]:
        return retriever.retrieve(entity_type)

    async def afind(entity_type: str) -> list[NodeWithScore]:
        return await retriever.aretrieve(entity_type)

    def as_text(nodes: Sequence[NodeWithScore]) -> str:
        return "\n".join([_heading(len(nodes), limit), *map(_line, nodes)])

    return FunctionTool.from_defaults(
        fn=find,
        async_fn=afind,
        name=name,
        description=description,
        fn_schema=EntityTypeInput,
        callback=as_text,
    )


def _heading(found: int, limit: int | None) -> str:
    if found == 0:
        return "No document mentions an entity of this type."
    if limit is not None and found >= limit:
        return f"The best {found} documents; there may be more:"
    return f"All {found} documents, best first:" if found > 1 else "The only document:"


def _line(found: NodeWithScore) -> str:
    names = list(dict.fromkeys(mention["text"] for mention in found.node.metadata.get("mentions", ())))
    return f"[{found.node.node_id}] {', '.join(names)}: {' '.join(found.node.get_content().split())}"
