"""The index as a function that an agent calls: pages of evidence, not whole documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from llama_index.core.tools import FunctionTool

from nerret_tools import FindResult
from nerret_tools.showing import FindArguments, text_page

__all__ = ["as_function_tool"]


def as_function_tool(search: Callable[[FindArguments], FindResult], name: str, description: str) -> FunctionTool:
    """Wrap a search that takes what an agent passes."""

    def find(entity_type: str, **options: Any) -> FindResult:
        return search(FindArguments(entity_type=entity_type, **options))

    async def afind(entity_type: str, **options: Any) -> FindResult:
        return await asyncio.to_thread(find, entity_type, **options)

    return FunctionTool.from_defaults(
        fn=find,
        async_fn=afind,
        name=name,
        description=description,
        fn_schema=FindArguments,
        callback=text_page,
    )
