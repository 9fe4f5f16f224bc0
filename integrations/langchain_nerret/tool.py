"""The index as a tool that an agent calls: pages of evidence, not whole documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from langchain_core.documents import Document
from langchain_core.tools import StructuredTool, ToolException
from pydantic import BaseModel

from langchain_nerret.conversion import to_langchain
from nerret_tools import EntityIndex, EntityPage, showing
from nerret_tools.errors import InputError


def as_structured_tool(
    index: EntityIndex,
    own: dict[str, Any],
    schema: type[BaseModel] | None,
    name: str | None,
    description: str | None,
) -> StructuredTool:
    """Wrap a search with the keywords of `EntityIndex.find` that hold where the agent passes none.

    Schema, name and description take the place of the usual ones.
    """

    def find(**passed: Any) -> tuple[str, list[Document]]:
        arguments = showing.FindArguments(**passed)
        result = index.find(arguments.asked(), **arguments.options(own))
        return showing.text_page(result), [to_langchain(hit) for hit in result.hits]

    return _tool(find, name or showing.NAME, description or showing.DESCRIPTION, schema)


def as_entities_tool(
    index: EntityIndex, own: dict[str, Any], name: str | None, description: str | None
) -> StructuredTool:
    """Wrap a list of entities; the artifact is the `EntityPage`. Arguments as of `as_structured_tool`."""
    kept = {key: own.get(key) for key in ("limit", "min_relevance", "recall", "where")}

    def entities(**passed: Any) -> tuple[str, EntityPage]:
        arguments = showing.FindArguments(**passed)
        page = index.entities(arguments.asked(), **arguments.options(kept))
        return showing.entity_text(page), page

    return _tool(entities, name or showing.ENTITIES_NAME, description or showing.ENTITIES_DESCRIPTION, None)


def _tool(
    search: Callable[..., tuple[str, Any]], name: str, description: str, schema: type[BaseModel] | None
) -> StructuredTool:
    def call(**passed: Any) -> tuple[str, Any]:
        try:
            return search(**passed)
        except InputError as error:
            raise ToolException(str(error)) from error  # said to the agent, which can mend it

    async def acall(**passed: Any) -> tuple[str, Any]:
        return await asyncio.to_thread(call, **passed)

    return StructuredTool.from_function(
        func=call,
        coroutine=acall,
        name=name,
        description=description,
        args_schema=schema or showing.FindArguments,
        response_format="content_and_artifact",
        handle_tool_error=True,
    )
