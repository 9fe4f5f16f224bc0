"""The index as functions that an agent calls: pages of evidence or entities, not whole documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from llama_index.core.tools import FunctionTool

from nerret_tools.showing import FindArguments

_Page = TypeVar("_Page")


def as_function_tool(
    search: Callable[[FindArguments], _Page], text: Callable[[_Page], str], name: str, description: str
) -> FunctionTool:
    """Wrap a search that takes what an agent passes, whose answer is told as text."""

    def find(**passed: Any) -> _Page:
        return search(FindArguments(**passed))

    async def afind(**passed: Any) -> _Page:
        return await asyncio.to_thread(find, **passed)

    return FunctionTool.from_defaults(
        fn=find, async_fn=afind, name=name, description=description, fn_schema=FindArguments, callback=text
    )
