"""The tap: which block of the backbone is read, which component, and how a span is pooled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from nerret_tools.errors import ModelError

Component = Literal["query", "key", "value", "attention", "output"]
Pooling = Literal["mean", "last", "first"]

COMPONENTS: tuple[str, ...] = get_args(Component)
POOLINGS: tuple[str, ...] = get_args(Pooling)

WINDOW_TOKENS = 256  # what sentence-transformers trained MiniLM's positions on


@dataclass(frozen=True)
class Tap:
    """A place in the backbone (paper, section 4).

    Attributes:
        block: Index of the transformer block, from 0.
        component: ``query``, ``key`` or ``value``: that projection of the block's (normalised)
            input, all heads side by side and before any rotary embedding. ``attention``: the
            output of the attention's output projection, before the residual is added.
            ``output``: what the block hands to the next one.
        pooling: Over the span's tokens: their ``mean``, the ``last`` or the ``first`` one.
    """

    block: int
    component: Component = "value"
    pooling: Pooling = "mean"

    def __post_init__(self) -> None:
        if self.block < 0:
            raise ModelError(f"tap block {self.block} is negative; blocks count from 0")
        if self.component not in COMPONENTS:
            raise ModelError(f"tap component {self.component!r} is not one of {', '.join(COMPONENTS)}")
        if self.pooling not in POOLINGS:
            raise ModelError(f"tap pooling {self.pooling!r} is not one of {', '.join(POOLINGS)}")

    def __str__(self) -> str:
        return f"block {self.block} {self.component}, {self.pooling}"
