"""What of a backbone is trained: a low-rank adapter beside its linear layers, or their matrices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def change_backbone(
    model: nn.Module, rank: int | None, published: Mapping[str, Tensor] | None = None
) -> BackboneChange:
    """Make the linear layers of the blocks trainable, by an adapter or themselves; this changes nothing yet.

    Args:
        model: The backbone, frozen.
        rank: Of the adapter; None: the weight matrices themselves are trained.
        published: The matrices that the factors are differences from (`linear_weights`), where the model
            has an earlier adapter merged; as they are now where it is left out.

    Raises:
        MissingExtraError: There is a rank and `peft` is not installed.
        ValueError: There is a rank and an earlier adapter: one low rank cannot hold both.
    """
    if rank is None:
        return _whole_matrices(model, published or linear_weights(model))
    if published is not None:
        raise ValueError("a backbone with an adapter is trained further as whole matrices: the rank must be null")
    return _low_rank(model, rank)


def linear_weights(model: nn.Module) -> dict[str, Tensor]:
    """Copies of the matrices that an adapter changes, by the names of their layers."""
    return {name: layer.weight.detach().clone() for name, layer in _linear_layers(model).items()}


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


def _whole_matrices(model: nn.Module, published: Mapping[str, Tensor]) -> BackboneChange:
    layers = _linear_layers(model)
    for layer in layers.values():
        layer.weight.requires_grad_(True)

    def factors() -> dict[str, tuple[Tensor, Tensor]]:
        changes = {}
        for name, layer in layers.items():
            change = layer.weight.detach() - published[name]
            out, into = change.shape
            changes[name] = (change, torch.eye(out)) if out < into else (torch.eye(into), change)
        return changes

    return BackboneChange([layer.weight for layer in layers.values()], factors)


def _linear_layers(model: nn.Module) -> dict[str, nn.Linear]:
    return {
        name: layer
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Linear) and name.rpartition(".")[2] in LAYERS
    }
