"""The number format that the backbone runs in, chosen once when a model is loaded."""

from __future__ import annotations

import torch

from nerret_tools.errors import ModelError

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def choose_precision(name: str | None = None, device: torch.device | None = None) -> torch.dtype:
    """Return the dtype for the backbone.

    Args:
        name: ``float32`` or ``bfloat16`` to insist on one; ``None`` to take bfloat16 where the
            hardware multiplies it (a CPU with AVX-512 BF16 or AMX, a GPU that supports it)
            and float32 elsewhere.
        device: Where the backbone will run; the CPU when ``None``.

    Raises:
        ModelError: Another name was given.
    """
    if name is not None:
        if name not in PRECISIONS:
            raise ModelError(f"precision {name!r} is not one of {', '.join(PRECISIONS)}")
        return PRECISIONS[name]
    if device is not None and device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    features = torch.cpu.get_capabilities()
    fast = features.get("avx512_bf16") or features.get("amx_bf16") or features.get("arm_bf16")
    return torch.bfloat16 if fast else torch.float32
