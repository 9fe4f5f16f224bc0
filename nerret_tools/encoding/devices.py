"""Where the backbone runs."""

from __future__ import annotations

import os

import numpy as np
import torch
from torch import Tensor

from nerret_tools.encoding.backend import DEVICE_VARIABLE
from nerret_tools.errors import ModelError

SPREAD = "auto"
"""Name for: spread over what there is, GPUs first, then memory, then disk (accelerate's ``device_map``)."""


def choose_devices(name: str | None = None) -> list[torch.device] | None:
    """Return the devices to run on, one replica of the backbone each.

    Args:
        name: As torch names devices, ``cpu``, ``cuda``, ``cuda:1``; several, separated by commas,
            share the batches. ``auto`` spreads one backbone over GPUs and memory. ``None``: the
            environment variable ``NERRET_DEVICE``; without it the first GPU, or the CPU where
            there is none.

    Returns:
        The devices; None for ``auto``.

    Raises:
        ModelError: torch does not know the device, or it is not there.
    """
    name = name or os.environ.get(DEVICE_VARIABLE) or ("cuda" if torch.cuda.is_available() else "cpu")
    if name == SPREAD:
        return None
    return [_device(part.strip()) for part in name.split(",")]


def main_device(name: str | None = None) -> torch.device:
    """Return the first device that `choose_devices` chooses; for ``auto`` the first GPU, or the CPU."""
    chosen = choose_devices(name)
    return chosen[0] if chosen else torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch asserts that it was built with CUDA
        reason = str(error).splitlines()[0]
        raise ModelError(f"device {name!r} cannot be used: {reason}") from error
    return device


def to_device(array: np.ndarray, device: torch.device) -> Tensor:
    """Copy to a device; to a GPU from pinned memory, so that the copy need not be waited for."""
    tensor = torch.from_numpy(array)
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)
