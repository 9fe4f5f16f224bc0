"""What is made of an index once for each of its states: a ranking, an overview, a map."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from nerret_tools import EntityIndex

_Asked = ParamSpec("_Asked")
_Made = TypeVar("_Made")
_OfIndex = Callable[Concatenate[EntityIndex, _Asked], _Made]


def once_a_state(kept: int) -> Callable[[_OfIndex[_Asked, _Made]], _OfIndex[_Asked, _Made]]:
    """Remember what a function made of an index and what was asked, as long as the index stays the same.

    Who asks for the same meanwhile waits, instead of having it made twice.

    Args:
        kept: How many answers are remembered, the last ones.
    """

    def decorate(make: _OfIndex[_Asked, _Made]) -> _OfIndex[_Asked, _Made]:
        lock = threading.Lock()
        known: OrderedDict[Hashable, _Made] = OrderedDict()

        @wraps(make)
        def once(index: EntityIndex, /, *asked: _Asked.args, **options: _Asked.kwargs) -> _Made:
            stats = index.stats()
            key = (stats.index_id, stats.generation, *asked)
            with lock:
                if key not in known:
                    known[key] = make(index, *asked, **options)
                known.move_to_end(key)
                while len(known) > kept:
                    known.popitem(last=False)
                return known[key]

        return once

    return decorate
