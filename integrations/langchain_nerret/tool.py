"""The index as a tool that an agent calls: pages of evidence, not whole documents."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.documents import Document
from langchain_core.tools import StructuredTool, ToolException
from pydantic import BaseModel

from langchain_nerret.conversion import to_langchain
from nerret_tools import EntityIndex
from nerret_tools.errors import InputError
from nerret_tools.showing import DESCRIPTION, NAME, FindArguments, text_page

__all__ = ["as_structured_tool"]


def as_structured_tool(
    index: EntityIndex,
    own: dict[str, Any],
    schema: type[BaseModel] | None,
    name: str | None,
    description: str | None,
) -> StructuredTool:
    """Wrap a search.

    Args:
        index: What is searched.
        own: Keywords of `EntityIndex.find` where the agent passes none.
        schema: In the place of `FindArguments`.
        name: In the place of the usual one.
        description: In the place of the usual one.
    """

    def find(entity_type: str, **passed: Any) -> tuple[str, list[Document]]:
        arguments = FindArguments(entity_type=entity_type, **passed)
        try:
            result = index.find(entity_type, **arguments.options(own))
        except InputError as error:
            raise ToolException(str(error)) from error  # said to the agent, which can mend it
        return text_page(result), [to_langchain(hit) for hit in result.hits]

    async def afind(entity_type: str, **passed: Any) -> tuple[str, list[Document]]:
        return await asyncio.to_thread(find, entity_type, **passed)

    return StructuredTool.from_function(
        func=find,
        coroutine=afind,
        name=name or NAME,
        description=description or DESCRIPTION,
        args_schema=schema or FindArguments,
        response_format="content_and_artifact",
        handle_tool_error=True,
    )
