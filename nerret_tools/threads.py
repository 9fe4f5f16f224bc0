"""How many threads compute."""

from __future__ import annotations

import os

from nerret_tools.errors import InputError

THREADS_VARIABLE = "NERRET_THREADS"


def processors() -> int:
    """Return how many of them this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def thread_count() -> int:
    """Return what ``NERRET_THREADS`` says, else `processors`: for the encoder and for the scan.

    Raises:
        InputError: The variable is no positive number.
    """
    named = os.environ.get(THREADS_VARIABLE)
    if named is None:
        return processors()
    if not named.isdecimal() or int(named) < 1:
        raise InputError(f"{THREADS_VARIABLE}={named!r} is not a positive number of threads")
    return int(named)
