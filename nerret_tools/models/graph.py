"""The exported graph of a model: is it there, is it the right one, its encoder, and the whole model with it."""

from __future__ import annotations

import hashlib
import json

from tokenizers import Tokenizer

from nerret_tools.detection.light_span_head import HEAD_GRAPH_FILE, LightSpanHead
from nerret_tools.encoding.encoder import TextEncoder
from nerret_tools.encoding.onnx_backend import GRAPH_FILE, TOKENIZER_FILE, OnnxBackend
from nerret_tools.encoding.projector import Projector
from nerret_tools.errors import ModelError
from nerret_tools.models.entity_model import EntityModel
from nerret_tools.models.spec import CONTEXT_FILE, MANIFEST_FILE, PROJECTION_FILE, SPAN_HEAD_FILE, ModelSpec


def load_model(spec: ModelSpec) -> EntityModel:
    """Load all parts of a model for ONNX Runtime; raises what `load_graph` does."""
    encoder = load_graph(spec)
    projection = Projector.load(spec.weights / PROJECTION_FILE)
    files = spec.weights / HEAD_GRAPH_FILE, spec.weights / SPAN_HEAD_FILE
    head = LightSpanHead.load(*files) if spec.has_span_head else None
    context = Projector.load(spec.weights / CONTEXT_FILE) if spec.context_dimension else None
    return EntityModel(spec, encoder, projection, head, context)


def load_graph(spec: ModelSpec) -> TextEncoder:
    """Load a model's encoder for ONNX Runtime.

    Raises:
        ModelError: A file is missing, damaged, exchanged, or made from other weights; it is named.
    """
    check_graph(spec)
    tokenizer = Tokenizer.from_file(str(spec.weights / TOKENIZER_FILE))
    pad = tokenizer.token_to_id("[PAD]")
    backend = OnnxBackend(spec.weights / GRAPH_FILE, pad=pad or 0, max_tokens=spec.window_tokens)
    return TextEncoder(
        backend,
        tokenizer,
        pooling=spec.tap.pooling,
        window_tokens=spec.window_tokens,
        context_tokens=spec.context_tokens,
    )


def check_graph(spec: ModelSpec) -> None:
    """Compare the exported files with what their manifest says.

    Raises:
        ModelError: See `load_graph`.
    """
    manifest = spec.weights / MANIFEST_FILE
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
        digests: dict[str, str] = dict(content["sha256"])
        made_from: dict[str, str] = dict(content["made_from"])
        for name, digest in digests.items():
            found = hashlib.sha256((spec.weights / name).read_bytes()).hexdigest()
            if found != digest:
                raise ModelError(f"{spec.weights / name} is damaged or another model's: its sha256 is {found}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"the exported graph of {spec.name} cannot be read: {manifest}: {error}") from error
    if made_from != spec.backbone_parts():
        raise ModelError(
            f"{spec.weights / GRAPH_FILE} was made from other weights than those beside it; "
            f"`nerret train --only export` makes it again"
        )
