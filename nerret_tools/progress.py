"""Progress on stderr: on a terminal, or when asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def counting(show: bool | None) -> Iterator[Callable[[int], None]]:
    """Give a function that counts documents in a line on stderr, which goes away at the end.

    Args:
        show: ``None`` shows the line on a terminal only.
    """
    if not (sys.stderr.isatty() if show is None else show):
        yield lambda _count: None
        return
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Count(ProgressColumn):
        """Documents so far and documents a second."""

        def render(self, task: Task) -> Text:
            speed = f"  {task.speed:,.0f}/s" if task.speed else ""
            return Text(f"{int(task.completed):,} documents{speed}")

    columns = (SpinnerColumn(), TextColumn("{task.description}"), Count(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task("Indexing", total=None)
        yield lambda count: display.advance(task, count)
