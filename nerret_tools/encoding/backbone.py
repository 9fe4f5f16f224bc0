"""A frozen transformer, cut at the tap: the blocks below it, one component, nothing after."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedModel
from transformers.utils import logging as transformers_logging
from transformers.utils.import_utils import is_flash_attn_2_available

from nerret_tools.encoding.loading import LOADING
from nerret_tools.encoding.precision import quantization
from nerret_tools.encoding.shards import without_upper_shards
from nerret_tools.encoding.taps import Tap
from nerret_tools.errors import MissingExtraError, ModelError

_CPU = torch.device("cpu")


@dataclass(frozen=True)
class Layout:
    """Where a family of transformers keeps its parts, as attribute paths inside a block."""

    blocks: str
    attention: str
    query: str
    key: str
    value: str
    attention_output: str
    mlp_norm: str
    mlp_up: str
    mlp_down: str
    mlp_gate: str | None = None
    input_norm: str | None = None
    final_norm: str | None = None


_LAYOUTS = (
    Layout(  # BERT and its kin: norms come after each sub-layer, so a block reads its input as it is
        blocks="encoder.layer",
        attention="attention.self",
        query="attention.self.query",
        key="attention.self.key",
        value="attention.self.value",
        attention_output="attention.output.dense",
        mlp_norm="attention.output",
        mlp_up="intermediate.dense",
        mlp_down="output.dense",
    ),
    Layout(  # Llama and its kin: norms come first
        blocks="layers",
        attention="self_attn",
        query="self_attn.q_proj",
        key="self_attn.k_proj",
        value="self_attn.v_proj",
        attention_output="self_attn.o_proj",
        mlp_norm="post_attention_layernorm",
        mlp_up="mlp.up_proj",
        mlp_down="mlp.down_proj",
        mlp_gate="mlp.gate_proj",
        input_norm="input_layernorm",
        final_norm="norm",
    ),
)


class _ComponentOnly(nn.Module):
    """Stands in for the tap's block and computes one linear component of its input."""

    def __init__(self, norm: nn.Module, component: nn.Module) -> None:
        super().__init__()
        self.norm = norm
        self.component = component

    def forward(self, hidden_states: Tensor, *_: Any, **__: Any) -> Tensor:
        result: Tensor = self.component(self.norm(hidden_states))
        return result


class _AttentionOnly(nn.Module):
    """Stands in for the tap's block and stops after the attention's output projection."""

    def __init__(self, norm: nn.Module, attention: nn.Module, output: nn.Module | None) -> None:
        super().__init__()
        self.norm = norm
        self.attention = attention
        self.output = output if output is not None else nn.Identity()

    def forward(self, hidden_states: Tensor, attention_mask: Tensor | None = None, *_: Any, **options: Any) -> Tensor:
        attended = self.attention(self.norm(hidden_states), attention_mask=attention_mask, **options)
        result: Tensor = self.output(attended[0])
        return result


class Wrapped(nn.Module):
    """What runs a transformer where that is."""

    model: PreTrainedModel

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.model.device

    @property
    def dtype(self) -> torch.dtype:
        """The number format of the weights."""
        return self.model.dtype


class CutBackbone(Wrapped):
    """A transformer that ends at the tap.

    Args:
        model: A complete base model (no head), or one loaded with just enough blocks. It is
            taken over: the blocks above the tap are dropped from it.
        tap: Where to cut.
        state_blocks: Blocks whose outputs are returned beside the tap, for the span head.
            They must lie below the cut.

    Raises:
        ModelError: The architecture is not known, or a block does not exist.
    """

    def __init__(self, model: PreTrainedModel, tap: Tap, state_blocks: Sequence[int] = ()) -> None:
        super().__init__()
        layout = layout_of(model)
        blocks = cast(nn.ModuleList, model.get_submodule(layout.blocks))
        if tap.block >= len(blocks):
            raise ModelError(f"tap block {tap.block} does not exist: the backbone has {len(blocks)} blocks")
        if any(not 0 <= block < tap.block + (tap.component == "output") for block in state_blocks):
            raise ModelError(f"state blocks {list(state_blocks)} must lie below the tap ({tap})")
        causal = bool(getattr(blocks[0].get_submodule(layout.attention), "is_causal", False))
        kept = list(blocks)[: tap.block + 1]
        if tap.component != "output":
            kept[-1] = _cut_block(kept[-1], layout, tap.component)
        parent, _, name = layout.blocks.rpartition(".")
        setattr(model.get_submodule(parent), name, nn.ModuleList(kept))
        model.config.num_hidden_layers = len(kept)
        model.config.use_cache = False  # nothing is generated
        if layout.final_norm is not None:
            setattr(model, layout.final_norm, nn.Identity())
        if getattr(model, "pooler", None) is not None:
            setattr(model, "pooler", None)  # noqa: B010 (a submodule; its type does not admit None)
        self.causal = causal
        self.model = model
        self.tap = tap
        self.state_blocks = tuple(state_blocks)
        self._states = threading.local()  # several threads may run one model
        for block in self.state_blocks:
            kept[block].register_forward_hook(self._keep(block))
        self.eval().requires_grad_(False)

    def _keep(self, block: int) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            setattr(self._states, str(block), output)

        return hook

    @property
    def hidden_size(self) -> int:
        """Width of a block's output."""
        return int(self.model.config.hidden_size)

    @property
    def block_count(self) -> int:
        """Blocks that are run, the cut one included."""
        return int(self.model.config.num_hidden_layers)

    @property
    def varlen(self) -> bool:
        """Whether attention runs in a kernel that takes texts of varying length end to end."""
        return "flash" in str(self.model.config._attn_implementation)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, **options: Any
    ) -> tuple[Tensor, Tensor | None]:
        """Run ``[batch, tokens]`` ids.

        Args:
            input_ids: Token ids.
            attention_mask: 1 where there is a token, 0 where there is padding.
            options: Passed on to the transformer, such as ``position_ids``.

        Returns:
            The tap's component ``[batch, tokens, d]``, and the state blocks' outputs side by
            side ``[batch, tokens, hidden × blocks]`` (``None`` without state blocks).
        """
        tapped = self.model(input_ids=input_ids, attention_mask=attention_mask, **options).last_hidden_state
        states = [self._states.__dict__.pop(str(block)) for block in self.state_blocks]
        return tapped, torch.cat(states, dim=-1) if states else None


def load_backbone(
    path: str | Path,
    tap: Tap,
    *,
    state_blocks: Sequence[int] = (),
    dtype: torch.dtype = torch.float32,
    device: torch.device | None = _CPU,
    quantized: str | None = None,
) -> CutBackbone:
    """Load a backbone up to its tap; weights of the blocks above are never read.

    Args:
        path: A folder in the Hugging Face format, or a name on the hub.
        tap: Where to cut.
        state_blocks: See `CutBackbone`.
        dtype: Number format of the weights.
        device: Where to; None spreads it over GPUs, memory and disk with accelerate.
        quantized: ``int8`` or ``int4``, see `quantization`.

    Raises:
        ModelError: The files cannot be read, or the tap does not exist in this model.
        MissingExtraError: The device or the quantization needs a package that is not installed.
    """
    options: dict[str, Any] = {"dtype": dtype}
    if scheme := quantization(quantized, dtype):
        options["quantization_config"] = scheme
    spreads = find_spec("accelerate") is not None
    if device is None and not spreads:
        raise MissingExtraError("Device auto", "large")
    if device is None or (device != _CPU and spreads):
        options["device_map"] = "auto" if device is None else {"": device}  # straight there, shard by shard
    try:
        config = AutoConfig.from_pretrained(path)
        if device is not None and _has_flash_attention(config, device, dtype):
            options["attn_implementation"] = "flash_attention_2"
        if tap.block >= config.num_hidden_layers:
            raise ModelError(
                f"tap block {tap.block} does not exist: {path} has {config.num_hidden_layers} blocks, from 0"
            )
        config.num_hidden_layers = tap.block + 1
        if getattr(config, "layer_types", None):
            config.layer_types = config.layer_types[: tap.block + 1]
        with quiet_loading(), without_upper_shards(Path(path), tap.block + 1) as files:
            model = AutoModel.from_pretrained(files if Path(path).is_dir() else path, config=config, **options)
    except (OSError, ValueError) as error:
        raise ModelError(f"the backbone at {path} cannot be loaded: {error}") from error
    if device is not None and "device_map" not in options and scheme is None:
        model.to(device)
    return CutBackbone(model, tap, state_blocks)


@contextmanager
def quiet_loading() -> Iterator[None]:
    """Load alone, while transformers does not list each weight that is left out on purpose, nor draws bars."""
    with LOADING:
        yield from _quiet()


def _quiet() -> Iterator[None]:
    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()


def _has_flash_attention(config: Any, device: torch.device, dtype: torch.dtype) -> bool:
    """Whether texts can run end to end in FlashAttention's kernel: a decoder, on a GPU, in bfloat16."""
    decoder = any("CausalLM" in name for name in config.architectures or ())
    return decoder and device.type == "cuda" and dtype == torch.bfloat16 and bool(is_flash_attn_2_available())


def layout_of(model: PreTrainedModel) -> Layout:
    """Tell which family a model belongs to.

    Raises:
        ModelError: It is laid out like none of them.
    """
    names = {name for name, _ in model.named_modules()}
    for layout in _LAYOUTS:
        if layout.blocks in names and f"{layout.blocks}.0.{layout.value}" in names:
            return layout
    raise ModelError(f"{type(model).__name__} is not laid out like BERT or Llama; add a layout in encoding/backbone.py")


def _cut_block(block: nn.Module, layout: Layout, component: str) -> nn.Module:
    norm = block.get_submodule(layout.input_norm) if layout.input_norm else nn.Identity()
    cut: nn.Module
    if component != "attention":
        cut = _ComponentOnly(norm, block.get_submodule(getattr(layout, component)))
    else:
        inside = layout.attention_output.startswith(layout.attention + ".")
        output = None if inside else block.get_submodule(layout.attention_output)
        cut = _AttentionOnly(norm, block.get_submodule(layout.attention), output)
    hook = getattr(block, "_hf_hook", None)
    if hook is not None:  # accelerate's: brings the input to where this block's weights are
        from accelerate.hooks import add_hook_to_module

        add_hook_to_module(cut, hook)
    return cut
