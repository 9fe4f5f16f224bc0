"""All components of all blocks, read in one pass of the complete backbone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import AutoModel, PreTrainedModel

from nerret_tools.encoding.backbone import Wrapped, layout_of, quiet_loading
from nerret_tools.encoding.taps import Tap
from nerret_tools.errors import ModelError

Place = tuple[int, str]
"""Block, from 0, and component."""

SWEPT_COMPONENTS = (
    "input_norm",
    "query",
    "key",
    "value",
    "attention",
    "mlp_norm",
    "mlp_gate",
    "mlp_up",
    "mlp_hidden",
    "mlp_down",
    "output",
)
"""In the order in which a block computes them; a family has those that its blocks have.

``query``, ``key``, ``value``, ``attention`` and ``output`` are those of `Tap`. ``input_norm``: the
block's normalised input (pre-norm families only). ``mlp_norm``: the normalised input of the MLP.
``mlp_gate`` and ``mlp_up``: its first projections, before the activation. ``mlp_hidden``: what goes
into its last projection. ``mlp_down``: what comes out of that, before the residual is added.
"""


class EveryComponent(Wrapped):
    """A complete transformer that hands out every component instead of its last hidden state.

    Attributes:
        widths: Width of each place, in the order of the output; filled by the first pass.

    Raises:
        ModelError: The model, without a head, is of a family that `encoding.backbone` does not know.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        layout = layout_of(model)
        self.model = model
        self.model.config.use_cache = False  # nothing is generated
        self.causal = False  # for `TorchEncoder`: texts are padded at the end, never packed
        self.tap = Tap(0, "output")  # for the same; the reader pools for itself
        self.widths: dict[Place, int] = {}
        self._seen: dict[Place, Tensor] = {}
        self._places: list[Place] = []
        for number, block in enumerate(cast(nn.ModuleList, model.get_submodule(layout.blocks))):
            paths = {
                "input_norm": layout.input_norm,
                "query": layout.query,
                "key": layout.key,
                "value": layout.value,
                "attention": layout.attention_output,
                "mlp_norm": layout.mlp_norm,
                "mlp_gate": layout.mlp_gate,
                "mlp_up": layout.mlp_up,
                "mlp_hidden": layout.mlp_down,
                "mlp_down": layout.mlp_down,
                "output": "",
            }
            for component in SWEPT_COMPONENTS:
                path = paths[component]
                if path is not None:
                    self._watch(block.get_submodule(path), (number, component))
        self.blocks = number + 1
        self.eval().requires_grad_(False)

    def _watch(self, module: nn.Module, place: Place) -> None:
        self._places.append(place)
        if place[1] == "mlp_hidden":
            module.register_forward_pre_hook(self._keep_input(place))
        else:
            module.register_forward_hook(self._keep_output(place))

    def _keep_input(self, place: Place) -> Callable[[nn.Module, Any], None]:
        def hook(_module: nn.Module, inputs: Any) -> None:
            self._seen[place] = inputs[0]

        return hook

    def _keep_output(self, place: Place) -> Callable[[nn.Module, Any, Any], None]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            self._seen[place] = output[0] if isinstance(output, tuple) else output

        return hook

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, None]:
        """Run ``[batch, tokens]`` ids once; return all components ``[batch, tokens, sum of widths]``.

        The second value stands for the state blocks of `CutBackbone`, of which there are none.
        """
        self.model(input_ids=input_ids, attention_mask=attention_mask)
        parts = [self._seen.pop(place) for place in self._places]
        self.widths = {place: part.shape[-1] for place, part in zip(self._places, parts, strict=True)}
        return torch.cat(parts, dim=-1), None


def load_every_component(path: str | Path, *, dtype: torch.dtype = torch.float32) -> EveryComponent:
    """Load a complete backbone, a folder or a name on the hub, onto the GPU where there is one.

    Raises:
        ModelError: The files cannot be read or are not complete, or the architecture is not known.
    """
    try:
        with quiet_loading():
            model, loaded = AutoModel.from_pretrained(path, dtype=dtype, output_loading_info=True)
    except (OSError, ValueError) as error:
        raise ModelError(f"the backbone at {path} cannot be loaded: {error}") from error
    missing = [name for name in sorted(loaded["missing_keys"]) if layout_of(model).blocks in name]
    if missing:
        raise ModelError(f"the backbone at {path} is not complete: {missing[0]} is missing; a sweep needs all blocks")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return EveryComponent(model.to(device))
