"""Work that can be called off: long loops ask now and then whether anybody still waits for the answer.

::

    with cancellable(event.is_set):
        index.find("dinosaur")  # raises CancelledError soon after the event is set

What asks: the encoder before each batch, the scan and the exact scores after each block. What does not: whatever
others can use as well, such as loading the model and bringing the scan copy up to date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from contextvars import ContextVar

_cancelled: ContextVar[Callable[[], bool] | None] = ContextVar("nerret_cancelled", default=None)


@contextmanager
def cancellable(cancelled: Callable[[], bool]) -> Iterator[None]:
    """Let the work inside the block, in this thread, be called off; `cancelled` is asked often, so it must be quick."""
    token = _cancelled.set(cancelled)
    try:
        yield
    finally:
        _cancelled.reset(token)


def check_cancelled() -> None:
    """Go on, unless the work has been called off.

    Raises:
        CancelledError: It has.
    """
    cancelled = _cancelled.get()
    if cancelled is not None and cancelled():
        raise CancelledError("nobody waits for the answer any more")
