"""Progress on stderr: a bar on a terminal, a line now and then where stderr is a file or a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from functools import partial
from typing import Protocol, runtime_checkable

SECONDS_BETWEEN_LINES = 10.0
"""Where there is no bar: often enough to see that it goes on, seldom enough for a log."""

Total = Callable[[], int | None]
"""Says how many there will be, as far as is known; asked again as the work goes on."""


@runtime_checkable
class Expecting(Protocol):
    """A stream that can tell how many documents there will be, such as `DocumentReader`."""

    def expected(self) -> int | None:
        """How many in all; ``None`` where nothing can be said yet."""


def _unknown() -> None:
    return None


def total_of(documents: object) -> Total:
    """How many documents there are, where they can tell."""
    if isinstance(documents, Expecting):
        return documents.expected
    return partial(len, documents) if isinstance(documents, Sized) else _unknown


@contextmanager
def counting(show: bool | None, total: Total = _unknown) -> Iterator[Callable[[int], None]]:
    """Give a function that counts documents on stderr; ``show=None``: on a terminal only.

    A bar with rate and time left goes away at the end. Without a terminal there is a line every ten seconds after
    the first batch, so none where all is done sooner.
    """
    on_terminal = sys.stderr.isatty()
    if not (on_terminal if show is None else show):
        yield lambda _count: None
    elif on_terminal:
        with _bar(total) as advance:
            yield advance
    else:
        yield _Lines(total).advance


@contextmanager
def _bar(total: Total) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Count(ProgressColumn):
        """Documents so far, in all and a second, and the time left."""

        def render(self, task: Task) -> Text:
            return Text(pace.state())

    pace = _Pace(total)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), Count(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task("Indexing", total=None)

        def advance(count: int) -> None:
            pace.advance(count)
            display.update(task, advance=count, total=total())

        yield advance


class _Pace:
    """How many are done, and how fast since the first batch, which waits for the model."""

    def __init__(self, total: Total) -> None:
        self.done = 0
        self._total = total
        self._first: tuple[int, float] | None = None
        self._last = 0.0

    def advance(self, count: int) -> float:
        """Count, and give back the time."""
        self.done += count
        self._last = time.monotonic()
        self._first = self._first or (self.done, self._last)
        return self._last

    def state(self) -> str:
        """Such as ``1,200 of about 5,000 documents  80/s  00:47 left``."""
        if self._first is None:
            return "starting"
        total = self._total()
        text = f"{self.done:,}{'' if total is None else f' of about {max(total, self.done):,}'} documents"
        before, begin = self._first
        if self.done == before or self._last <= begin:
            return text
        rate = (self.done - before) / (self._last - begin)
        text += f"  {rate:,.0f}/s" if rate >= 1 else f"  {60 * rate:,.0f}/min"
        if total is not None and total > self.done:
            hours, rest = divmod(round((total - self.done) / rate), 3600)
            text += f"  {f'{hours}:' if hours else ''}{rest // 60:02d}:{rest % 60:02d} left"
        return text


class _Lines:
    """Lines on stderr, as seldom as `SECONDS_BETWEEN_LINES` says."""

    def __init__(self, total: Total) -> None:
        self._pace = _Pace(total)
        self._written: float | None = None

    def advance(self, count: int) -> None:
        now = self._pace.advance(count)
        self._written = self._written or now
        if now - self._written >= SECONDS_BETWEEN_LINES:
            self._written = now
            print(f"Indexing: {self._pace.state()}", file=sys.stderr, flush=True)  # noqa: T201
