"""From a model's description to its encoder in torch: files found, backbone cut and loaded where it shall run."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoTokenizer

from nerret_tools.encoding.adapter import merge_adapter
from nerret_tools.encoding.backbone import CutBackbone, load_backbone
from nerret_tools.encoding.devices import choose_devices, main_device
from nerret_tools.encoding.loading import LOADING
from nerret_tools.encoding.precision import QUANTIZED, choose_precision
from nerret_tools.encoding.torch_backend import TorchEncoder
from nerret_tools.models.backbone_files import backbone_folder
from nerret_tools.models.spec import ADAPTER_FILE, ModelSpec


def load_encoder(
    spec: ModelSpec,
    backbone: str | Path | None = None,
    precision: str | None = None,
    device: str | None = None,
    *,
    adapted: bool | None = None,
) -> TorchEncoder:
    """Load a model's backbone up to the tap, once a device, with its tokenizer.

    Args:
        spec: Which model.
        backbone: Folder of the backbone's files; see `backbone_folder`.
        precision: ``float32``, ``bfloat16``, ``int8`` or ``int4``; see `choose_precision`.
        device: See `choose_devices`.
        adapted: Whether to merge the model's adapter; as described where it is left out.

    Raises:
        ModelError: Files are missing, damaged or not the right ones; no such device.
        MissingExtraError: Device or precision need packages that are not installed.
    """
    folder = backbone_folder(spec, backbone)
    dtype = choose_precision(precision, main_device(device))
    devices: list[torch.device] | list[None] = choose_devices(device) or [None]

    def load(place: torch.device | None) -> CutBackbone:
        cut = load_backbone(
            folder,
            spec.tap,
            state_blocks=spec.state_blocks,
            dtype=dtype,
            device=place,
            quantized=precision if precision in QUANTIZED else None,
        )
        if spec.adapted if adapted is None else adapted:
            merge_adapter(cut, spec.weights / ADAPTER_FILE)
        return cut

    with LOADING:
        first, *others = [load(place) for place in devices]
        tokenizer = AutoTokenizer.from_pretrained(folder)
    return TorchEncoder(
        first,
        tokenizer,
        replicas=others,
        window_tokens=spec.window_tokens,
        context_tokens=spec.context_tokens,
    )
