"""The optimiser that every head is trained with, and its log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import Tensor

logger = logging.getLogger(__name__)

SMOOTHING = 0.95  # of the logged losses
WARM_UP = 0.1001  # share of the steps; not a tenth sharp, at which a run of ten steps divides by zero


def minimise(value: Tensor, loss: Callable[[], Tensor], rounds: int = 100) -> None:
    """Bring a few numbers, in double precision, to where a smooth loss is least (L-BFGS)."""
    optimizer = torch.optim.LBFGS([value], max_iter=rounds, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        total = loss()
        total.backward()
        return total

    optimizer.step(closure)


class Group(NamedTuple):
    """Parameters that share a rate."""

    parameters: Iterable[Tensor]
    learning_rate: float
    weight_decay: float = 0.01


class Descent:
    """AdamW with learning rates that rise and fall once, over so many steps.

    `clip`: the longest gradient, over all groups; `every`: steps between two lines of the log.
    """

    def __init__(self, *groups: Group, steps: int, clip: float | None = None, every: int) -> None:
        rates = [group.learning_rate for group in groups]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": list(group.parameters), "lr": group.learning_rate, "weight_decay": group.weight_decay}
                for group in groups
            ]
        )
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, rates, total_steps=steps, pct_start=WARM_UP
        )
        self._steps, self._clip, self._every = steps, clip, every
        self._done = 0
        self._running: dict[str, float] = {}
        self._started = time.monotonic()

    def step(self, **losses: Tensor) -> None:
        """Go one step down the sum of the losses, which are logged by their names."""
        self._optimizer.zero_grad(set_to_none=True)
        sum(losses.values(), torch.zeros(())).backward()
        if self._clip is not None:
            parameters = [one for group in self._optimizer.param_groups for one in group["params"]]
            torch.nn.utils.clip_grad_norm_(parameters, self._clip)
        self._optimizer.step()
        self._schedule.step()
        self._done += 1
        for name, loss in losses.items():
            value = loss.item()
            self._running[name] = SMOOTHING * self._running.get(name, value) + (1 - SMOOTHING) * value
        if self._done % self._every == 0 or self._done == self._steps:
            told = ", ".join(f"{name} {value:.3f}" for name, value in sorted(self._running.items()))
            logger.info("step %d of %d: %s, %.0f s", self._done, self._steps, told, time.monotonic() - self._started)
