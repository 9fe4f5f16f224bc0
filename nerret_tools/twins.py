"""Methods that may take long, once more for callers with an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

_Owner = TypeVar("_Owner")
_Parameters = ParamSpec("_Parameters")
_Answer = TypeVar("_Answer")


def twin(
    method: Callable[Concatenate[_Owner, _Parameters], _Answer],
) -> Callable[Concatenate[_Owner, _Parameters], Coroutine[Any, Any, _Answer]]:
    """The asynchronous twin of a method: the same parameters, answer and errors, in another thread."""
    name = method.__name__

    async def run(owner: _Owner, /, *arguments: _Parameters.args, **options: _Parameters.kwargs) -> _Answer:
        bound: Callable[_Parameters, _Answer] = getattr(owner, name)
        return await asyncio.to_thread(bound, *arguments, **options)

    update_wrapper(run, method)
    run.__name__ = f"a{name}"
    run.__qualname__ = method.__qualname__.removesuffix(name) + run.__name__
    run.__doc__ = f"Do what `{name}` does, without blocking the event loop."
    return run
