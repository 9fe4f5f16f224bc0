"""From a model's description to its encoder: files found, backbone cut and loaded where it shall run."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoTokenizer

from nerret_tools.encoding.adapter import merge_adapter
from nerret_tools.encoding.backbone import CutBackbone, load_backbone
from nerret_tools.encoding.devices import choose_devices, main_device
from nerret_tools.encoding.encoder import BATCH_TOKENS, TextEncoder
from nerret_tools.encoding.precision import QUANTIZED, choose_precision
from nerret_tools.models.backbone_files import backbone_folder
from nerret_tools.models.spec import ADAPTER_FILE, ModelSpec

GPU_BATCH_TOKENS = 16_384  # enough to fill a large card's matrix units; its states stay below a gigabyte
GPU_TEXTS_AHEAD = 512  # about one such batch of sentences

CONTEXT_TOKENS = 32  # on each side of a mention: about the sentence it stands in


def load_encoder(
    spec: ModelSpec,
    backbone: str | Path | None = None,
    precision: str | None = None,
    device: str | None = None,
    *,
    adapted: bool | None = None,
) -> TextEncoder:
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

    first, *others = [load(place) for place in devices]
    gpu = first.device.type == "cuda"
    return TextEncoder(
        first,
        AutoTokenizer.from_pretrained(folder),
        window_tokens=spec.window_tokens,
        batch_tokens=GPU_BATCH_TOKENS if gpu else BATCH_TOKENS,
        replicas=others,
        texts_ahead=GPU_TEXTS_AHEAD if gpu else None,
        context_tokens=CONTEXT_TOKENS if spec.context_dimension else None,
    )
