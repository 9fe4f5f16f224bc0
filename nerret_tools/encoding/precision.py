"""The number format that the backbone runs in, chosen once when a model is loaded."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import torch
from transformers import BitsAndBytesConfig

from nerret_tools.errors import MissingExtraError, ModelError

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
QUANTIZED = ("int8", "int4")
"""Weights in 8 or 4 bits by bitsandbytes, for backbones that do not fit otherwise."""


def choose_precision(name: str | None = None, device: torch.device | None = None) -> torch.dtype:
    """Return the dtype for the backbone.

    Args:
        name: ``float32`` or ``bfloat16`` to insist on one; ``None`` to take bfloat16 where the
            hardware multiplies it (a CPU with AVX-512 BF16 or AMX, a GPU that supports it)
            and float32 elsewhere. For ``int8`` and ``int4``, as for ``None``: the format of
            what is not quantized.
        device: Where the backbone will run; the CPU when ``None``.

    Raises:
        ModelError: Another name was given.
    """
    if name is not None and name not in QUANTIZED:
        if name not in PRECISIONS:
            raise ModelError(f"precision {name!r} is not one of {', '.join((*PRECISIONS, *QUANTIZED))}")
        return PRECISIONS[name]
    if device is not None and device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    features = torch.cpu.get_capabilities()
    fast = features.get("avx512_bf16") or features.get("amx_bf16") or features.get("arm_bf16")
    return torch.bfloat16 if fast else torch.float32


def precision_name(name: str | None = None, device: torch.device | None = None) -> str:
    """Return what an index records: ``float32``, ``bfloat16``, ``int8`` or ``int4``.

    Args:
        name: See `choose_precision`.
        device: See `choose_precision`.

    Raises:
        ModelError: Another name was given.
    """
    return name if name in QUANTIZED else str(choose_precision(name, device)).removeprefix("torch.")


def quantization(name: str | None, dtype: torch.dtype) -> Any:
    """Return transformers' description of the quantization, or None for a plain number format.

    Raises:
        MissingExtraError: It needs packages that are not installed.
    """
    if name not in QUANTIZED:
        return None
    if find_spec("bitsandbytes") is None or find_spec("accelerate") is None:
        raise MissingExtraError(f"Precision {name}", "large")
    options: dict[str, Any] = {"load_in_8bit": True}
    if name == "int4":
        options = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": dtype}
    return BitsAndBytesConfig(**options)
