"""Failures in words that a visitor can act on, without a path."""

from __future__ import annotations

from typing import NamedTuple

from nerret_tools.errors import (
    CursorError,
    IndexNotFoundError,
    InputError,
    ModelError,
    ModelMismatchError,
    ReviewError,
)


class Fault(NamedTuple):
    """What a visitor is told."""

    status: int  # of HTTP
    title: str  # in a few words
    text: str  # what happened and what to do
    again: bool = False  # whether the same address may succeed later


def told(error: Exception) -> Fault:
    """What is told of an error; whatever may hold a path or an address goes to the log alone."""
    if isinstance(error, CursorError):
        return Fault(409, "The index has changed", "The list goes on from its beginning.", again=True)
    if isinstance(error, ReviewError):
        return Fault(409, "The review cannot go on so", str(error))
    if isinstance(error, InputError):
        return Fault(400, "That cannot be asked", str(error))
    if isinstance(error, ModelMismatchError):
        return Fault(
            503,
            "The index was made with another model",
            "It was made anew while this page was open. Start nerret serve again with --model; its log names both.",
        )
    if isinstance(error, ModelError):
        return Fault(503, "The model cannot be used", "The log of nerret serve says why.")
    if isinstance(error, IndexNotFoundError):
        return Fault(
            503, "The index is gone", "It was removed or moved. Once it is back, this page goes on.", again=True
        )
    return Fault(
        503,
        "The index cannot be read at the moment",
        "Its server may be restarting, or another program is writing to it. The log of nerret serve says more.",
        again=True,
    )
