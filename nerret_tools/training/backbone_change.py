"""What of a backbone is trained: a low-rank adapter beside its linear layers, or their matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nerret_tools.errors import MissingExtraError

LAYERS = ["query", "key", "value", "dense"]  # BERT's linear layers


@dataclass(frozen=True)
class BackboneChange:
    """What is trained in the backbone.

    Attributes:
        parameters: Those that get gradients.
        factors: Gives each changed layer's two factors, as `save_adapter` takes them.
    """

    parameters: list[Tensor]
    factors: Callable[[], dict[str, tuple[Tensor, Tensor]]]


def change_backbone(model: nn.Module, rank: int | None) -> BackboneChange:
    """Make the linear layers of the blocks trainable, by an adapter or themselves; this changes nothing yet.

    Args:
        model: The backbone, as published and frozen.
        rank: Of the adapter; None: the weight matrices themselves are trained.

    Raises:
        MissingExtraError: There is a rank and `peft` is not installed.
    """
    return _whole_matrices(model) if rank is None else _low_rank(model, rank)


def _low_rank(model: nn.Module, rank: int) -> BackboneChange:
    try:
        from peft import LoraConfig, inject_adapter_in_model
        from peft.tuners.lora import Linear
    except ImportError as error:
        raise MissingExtraError("training an adapter", "training") from error
    config = LoraConfig(r=rank, lora_alpha=rank, target_modules=LAYERS, lora_dropout=0.0)
    adapted = inject_adapter_in_model(config, model)
    layers = {name: layer for name, layer in adapted.named_modules() if isinstance(layer, Linear)}

    def factors() -> dict[str, tuple[Tensor, Tensor]]:
        return {
            name: (
                layer.lora_A["default"].get_parameter("weight"),
                layer.lora_B["default"].weight * layer.scaling["default"],
            )
            for name, layer in layers.items()
        }

    return BackboneChange([one for one in adapted.parameters() if one.requires_grad], factors)


def _whole_matrices(model: nn.Module) -> BackboneChange:
    layers = {
        name: layer
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Linear) and name.rpartition(".")[2] in LAYERS
    }
    before = {name: layer.weight.detach().clone() for name, layer in layers.items()}
    for layer in layers.values():
        layer.weight.requires_grad_(True)

    def factors() -> dict[str, tuple[Tensor, Tensor]]:
        changes = {}
        for name, layer in layers.items():
            change = layer.weight.detach() - before[name]
            out, into = change.shape
            changes[name] = (change, torch.eye(out)) if out < into else (torch.eye(into), change)
        return changes

    return BackboneChange([layer.weight for layer in layers.values()], factors)
