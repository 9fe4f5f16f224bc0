"""A low-rank change of the backbone's weights (LoRA, arXiv 2106.09685), added when a model is loaded."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from nerret_tools.encoding.backbone import CutBackbone
from nerret_tools.errors import ModelError

_DOWN, _UP = ".down", ".up"


def save_adapter(changes: dict[str, tuple[Tensor, Tensor]], path: Path) -> None:
    """Write an adapter in half precision.

    Args:
        changes: Name of a linear layer, as in `CutBackbone.model` → the two factors
            ``[rank, in]`` and ``[out, rank]``, whose product is added to its weight.
        path: A safetensors file.
    """
    tensors = {}
    for name, (down, up) in changes.items():
        tensors[name + _DOWN] = down.detach().to(torch.float16).contiguous()
        tensors[name + _UP] = up.detach().to(torch.float16).contiguous()
    save_file(tensors, path)


def read_adapter(path: Path) -> dict[str, Tensor]:
    """Read what is added to each layer's weight, ``[out, in]`` float32.

    Raises:
        ModelError: The file is missing or damaged.
    """
    try:
        tensors = load_file(path)
        names = sorted(name.removesuffix(_UP) for name in tensors if name.endswith(_UP))
        return {name: tensors[name + _UP].float() @ tensors[name + _DOWN].float() for name in names}
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise ModelError(f"{path} is not an adapter that can be read: {error}") from error


def merge_adapter(backbone: CutBackbone, path: Path) -> None:
    """Add an adapter to the weights; the backbone then costs what it cost before.

    Raises:
        ModelError: The file is missing, damaged, or belongs to another backbone.
    """
    for name, change in read_adapter(path).items():
        try:
            layer = backbone.model.get_submodule(name)
        except AttributeError as error:
            raise ModelError(f"{path} is not an adapter that can be read: {error}") from error
        if not isinstance(layer, nn.Linear) or layer.weight.shape != change.shape:
            raise ModelError(f"the adapter {path} does not fit the backbone at {name}")
        with torch.no_grad():
            layer.weight.copy_(layer.weight.float() + change.to(layer.weight.device))
