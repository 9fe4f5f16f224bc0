"""How the commands of this package end."""

from __future__ import annotations

FAILURE = 1
WRONG_INPUT = 2
"""Wrong usage or input, also where some documents failed and the others went in."""

INTERRUPTED = 130
"""Stopped with Ctrl-C."""
