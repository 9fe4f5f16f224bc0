"""Progress on stderr: on a terminal, or when asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

Item = TypeVar("Item")


class _Count(ProgressColumn):
    """Documents so far and documents a second."""

    def render(self, task: Task) -> Text:
        speed = f"  {task.speed:,.0f}/s" if task.speed else ""
        return Text(f"{int(task.completed):,} documents{speed}")


@contextmanager
def counted(items: Iterable[Item], show: bool | None) -> Iterator[Iterable[Item]]:
    """Pass items on and count them in a line that goes away at the end.

    Args:
        items: Anything that can be iterated over.
        show: ``None`` shows the line on a terminal only.
    """
    if not (sys.stderr.isatty() if show is None else show):
        yield items
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), _Count(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task("Indexing", total=None)

        def passed_on() -> Iterator[Item]:
            for item in items:
                yield item
                display.advance(task)

        yield passed_on()
