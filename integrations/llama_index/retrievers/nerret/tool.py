"""The index as a function that an agent calls: pages of evidence, not whole documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from llama_index.core.tools import FunctionTool
from pydantic import BaseModel, Field

from nerret_tools import FindResult
from nerret_tools.showing import text_page

__all__ = ["DESCRIPTION", "NAME", "PAGE", "as_function_tool"]

NAME = "find_documents_with_entity_type"

PAGE = 50
"""Documents a page where the retriever has no `similarity_top_k`: about 5,000 tokens."""

DESCRIPTION = (
    "Finds the documents that mention an entity of a given type, such as 'dinosaur', 'airline' or 'sports facility', "
    "best first. Name a type, not a question and not the name of a single entity. Returns a page of lines: each "
    "document's id, its relevance (a probability), and the entities found in it with the words around the best one. "
    "The heading says how many documents there are in all; for the next page call again with the same arguments and "
    "its cursor."
)


class EntityTypeInput(BaseModel):
    """What an agent passes."""

    entity_type: str = Field(description="The type in free text, for example 'dinosaur' or 'programming language'.")
    limit: int | None = Field(default=None, ge=1, description="Documents a page at most.")
    min_relevance: float | None = Field(
        default=None, ge=0, le=1, description="Lowest relevance that is listed; leave it out for the usual cut-off."
    )
    filters: dict[str, Any] | None = Field(
        default=None, description='Conditions on metadata: {"source": "wiki"} or {"year": {"$gte": 2020}}.'
    )
    cursor: str | None = Field(default=None, description="Of the page before, to get the next one.")


def as_function_tool(search: Callable[..., FindResult], name: str, description: str) -> FunctionTool:
    """Wrap a search that takes the fields of `EntityTypeInput`."""

    def find(entity_type: str, **options: Any) -> FindResult:
        return search(**EntityTypeInput(entity_type=entity_type, **options).model_dump())

    async def afind(entity_type: str, **options: Any) -> FindResult:
        return await asyncio.to_thread(find, entity_type, **options)

    return FunctionTool.from_defaults(
        fn=find,
        async_fn=afind,
        name=name,
        description=description,
        fn_schema=EntityTypeInput,
        callback=text_page,
    )
