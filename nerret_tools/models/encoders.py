"""From a model's description to its encoder in torch, and to the whole model: the one way by which torch comes in."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoTokenizer

from nerret_tools.detection.span_head import SpanHead
from nerret_tools.encoding.adapter import merge_adapter
from nerret_tools.encoding.backbone import CutBackbone, load_backbone
from nerret_tools.encoding.devices import choose_devices, main_device
from nerret_tools.encoding.loading import LOADING
from nerret_tools.encoding.precision import QUANTIZED, choose_precision, precision_name
from nerret_tools.encoding.projector import Projector
from nerret_tools.encoding.torch_backend import TorchEncoder
from nerret_tools.models.backbone_files import backbone_folder
from nerret_tools.models.entity_model import EntityModel
from nerret_tools.models.spec import ADAPTER_FILE, CONTEXT_FILE, PROJECTION_FILE, SPAN_HEAD_FILE, ModelSpec


def load_model(spec: ModelSpec, backbone: str | Path | None, precision: str | None, device: str | None) -> EntityModel:
    """Load all parts of a model; parameters and errors as of `load_encoder`."""
    projection = Projector.load(spec.weights / PROJECTION_FILE)
    head = SpanHead.load(spec.weights / SPAN_HEAD_FILE) if spec.has_span_head else None
    context = Projector.load(spec.weights / CONTEXT_FILE) if spec.context_dimension else None
    encoder = load_encoder(spec, backbone, precision, device)
    if head is not None:
        head.to(encoder.backbone.device)
    return EntityModel(spec, encoder, projection, head, context)


def number_format(precision: str | None, device: str | None) -> str:
    """Return what an index records, see `precision_name`."""
    return precision_name(precision, main_device(device))


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
