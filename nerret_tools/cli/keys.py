"""Single keys from a terminal, without the key for the end of the line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]  # there typer reads single keys by itself


@contextmanager
def single_keys() -> Iterator[Callable[[], str]]:
    """Give a function that waits for a key; until the end, what is typed ahead is kept and not shown."""
    if termios is None or not sys.stdin.isatty():
        yield typer.getchar
        return
    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    now = termios.tcgetattr(handle)
    now[3] &= ~(termios.ICANON | termios.ECHO)  # the local modes; Ctrl-C stays what it is
    termios.tcsetattr(handle, termios.TCSADRAIN, now)
    try:
        yield lambda: os.read(handle, 1).decode("latin-1")
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)
