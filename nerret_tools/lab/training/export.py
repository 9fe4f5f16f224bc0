"""From trained weights to the graph that ONNX Runtime runs: token ids in, tap and state blocks out."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from transformers import BertModel

from nerret_tools.detection.light_span_head import HEAD_GRAPH_FILE, read_head
from nerret_tools.detection.span_head import HEADS
from nerret_tools.encoding.backbone import CutBackbone
from nerret_tools.encoding.onnx_backend import GRAPH_FILE, TABLE_FILE, TOKENIZER_FILE
from nerret_tools.errors import ModelError
from nerret_tools.models.backbone_files import backbone_folder
from nerret_tools.models.encoders import load_encoder
from nerret_tools.models.spec import MANIFEST_FILE, SPAN_HEAD_FILE, ModelSpec

OPSET = 17
EPSILON = 1e-5  # of torch's norms
FUSED = "com.microsoft"  # ONNX Runtime's own operators, of which every build has these
TABLE_BYTES = 8 << 20  # weights that take more are kept beside the graph: the table of embeddings
BLOCK = 128  # numbers with one scale; ONNX Runtime allows 16 to 256
IN_WHOLE_NUMBERS = 4  # its name for products in int8
STEPS = 127  # of an int8 weight on either side of 0


def export(spec: ModelSpec, out: Path | None = None) -> Path:
    """Write a model's graph, its table of embeddings, its tokenizer and what they were made from.

    Weights of every product are whole numbers of 8 bits with one scale for each `BLOCK` of a row, and
    so is what they are multiplied with, as it comes: a scale of its own for each token, so that no
    vector depends on what else is in the batch. The table has one scale a row.

    Args:
        spec: Whose backbone is BERT-like, with a block's output as its tap.
        out: A folder; the model's own where it is left out.

    Returns:
        The graph's file.

    Raises:
        ModelError: The backbone is of another kind.
    """
    out = out or spec.weights
    backbone = load_encoder(spec, precision="float32", device="cpu").backbone
    if not isinstance(backbone.model, BertModel) or spec.tap.component != "output":
        raise ModelError(f"{spec.name}: only the block outputs of BERT-like backbones are exported to ONNX")
    model = _Graph(backbone, spec.window_tokens).model()
    out.mkdir(parents=True, exist_ok=True)
    (out / TABLE_FILE).unlink(missing_ok=True)  # it would be appended to
    onnx.save_model(
        model, str(out / GRAPH_FILE), save_as_external_data=True, location=TABLE_FILE, size_threshold=TABLE_BYTES
    )
    shutil.copyfile(backbone_folder(spec) / "tokenizer.json", out / TOKENIZER_FILE)
    files = [GRAPH_FILE, TABLE_FILE, TOKENIZER_FILE]
    if spec.has_span_head:
        weights, _ = read_head(spec.weights / SPAN_HEAD_FILE)
        onnx.save_model(_HeadGraph().model(weights), str(out / HEAD_GRAPH_FILE))
        files.append(HEAD_GRAPH_FILE)
    for name in files:
        (out / name).chmod(0o644)
    made = {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in files}
    manifest = {"made_from": spec.backbone_parts(), "sha256": made}
    (out / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return out / GRAPH_FILE


class _Builder:
    """A graph under construction."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def _finish(self, inputs: dict[str, tuple[int, list[Any]]], outputs: dict[str, list[Any]]) -> onnx.ModelProto:
        graph = helper.make_graph(
            self._nodes,
            "nerret-tools",
            [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
            self._weights,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="nerret-tools")

    def _node(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        output = output or f"{kind}.{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def _thirds(self, name: str, joint: str, width: int) -> list[str]:
        """Query, key and value, which stand side by side."""
        thirds = [f"{name}.query", f"{name}.key", f"{name}.value"]
        sizes = self._weight(f"{name}.thirds", np.full(3, width, np.int64))
        self._nodes.append(helper.make_node("Split", [joint, sizes], thirds, axis=2))
        return thirds

    def _weight(self, name: str, values: np.ndarray) -> str:
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name


class _HeadGraph(_Builder):
    """The part of the span head that multiplies; its weights come in, so that they are kept in one place."""

    def model(self, weights: dict[str, np.ndarray]) -> onnx.ModelProto:
        width = weights["entry.bias"].shape[0]
        shape = self._node("Gather", ["shape.weight", "shapes"])
        entry = self._node("Add", [self._linear("entry", "words"), shape])
        mixed = self._node("LayerNormalization", [entry, *_named("entry_norm")], epsilon=EPSILON)
        joint = self._linear("mixer.self_attn.in_proj", mixed)
        thirds = self._thirds("mixer", joint, width)
        attended = self._node("MultiHeadAttention", [*thirds, "", "mask"], domain=FUSED, num_heads=HEADS)
        attended = self._linear("mixer.self_attn.out_proj", attended)
        norm: dict[str, Any] = {"domain": FUSED, "epsilon": EPSILON}
        mixed = self._node("SkipLayerNormalization", [attended, mixed, *_named("mixer.norm1")], **norm)
        up = self._node("Gelu", [self._linear("mixer.linear1", mixed)], domain=FUSED)
        mixed = self._node(
            "SkipLayerNormalization", [self._linear("mixer.linear2", up), mixed, *_named("mixer.norm2")], **norm
        )
        lasts = self._node("Transpose", [self._linear("last", mixed)], perm=[0, 2, 1])
        self._node("MatMul", [self._linear("first", mixed), lasts], "pairs")
        self._linear("alone", mixed, "alone_scores")
        float_kind = TensorProto.FLOAT
        inputs: dict[str, tuple[int, list[Any]]] = {
            name: (float_kind, list(values.shape)) for name, values in weights.items() if name != "length"
        }
        inputs |= {
            "words": (float_kind, ["n", "w", weights["entry.weight"].shape[0]]),
            "shapes": (TensorProto.INT64, ["n", "w"]),
            "mask": (TensorProto.INT32, ["n", "w"]),
        }
        return self._finish(inputs, {"pairs": ["n", "w", "w"], "alone_scores": ["n", "w", 3]})

    def _linear(self, name: str, values: str, output: str = "") -> str:
        weight, bias = _named(name)
        return self._node("Add", [self._node("MatMul", [values, weight]), bias], output)


def _named(name: str) -> list[str]:
    return [f"{name}.weight", f"{name}.bias"]


class _Graph(_Builder):
    """The backbone's graph."""

    def __init__(self, backbone: CutBackbone, window_tokens: int) -> None:
        super().__init__()
        self._backbone = backbone
        self._window = window_tokens

    def model(self) -> onnx.ModelProto:
        bert: Any = self._backbone.model
        epsilon = float(bert.config.layer_norm_eps)
        hidden = self._embed(bert.embeddings, epsilon)
        outputs = []
        for number, block in enumerate(bert.encoder.layer):
            hidden = self._block(f"block{number}", block, hidden, int(bert.config.num_attention_heads), epsilon)
            outputs.append(hidden)
        self._nodes.append(helper.make_node("Identity", [outputs[self._backbone.tap.block]], ["tap"]))
        named = [("tap", bert.config.hidden_size)]
        if states := [outputs[block] for block in self._backbone.state_blocks]:
            self._nodes.append(helper.make_node("Concat", states, ["states"], axis=2))
            named.append(("states", bert.config.hidden_size * len(states)))
        inputs: dict[str, tuple[int, list[Any]]] = {
            "ids": (TensorProto.INT64, ["n", "l"]),
            "mask": (TensorProto.INT32, ["n", "l"]),
        }
        return self._finish(inputs, {name: ["n", "l", width] for name, width in named})

    def _embed(self, embeddings: Any, epsilon: float) -> str:
        table, scales = _rounded(_array(embeddings.word_embeddings).T)
        places = _array(embeddings.position_embeddings)[: self._window] + _array(embeddings.token_type_embeddings)[0]
        codes = self._node("Gather", [self._weight("table", table.T), "ids"])
        row = self._node("Gather", [self._weight("table_scales", scales[:, None]), "ids"])
        words = self._node("Mul", [self._node("Cast", [codes], to=TensorProto.FLOAT), row])
        length = self._node("Shape", ["ids"], start=1, end=2)
        start, axis = self._weight("zero", np.zeros(1, np.int64)), self._weight("first_axis", np.zeros(1, np.int64))
        place = self._node("Slice", [self._weight("places", places), start, length, axis])
        norm = self._norm_weights("embeddings", embeddings.LayerNorm)
        return self._node("LayerNormalization", [self._node("Add", [words, place]), *norm], epsilon=epsilon)

    def _block(self, name: str, block: Any, hidden: str, heads: int, epsilon: float) -> str:
        own = block.attention.self
        query_key_value = self._product(f"{name}.qkv", hidden, own.query, own.key, own.value)
        thirds = self._thirds(name, query_key_value, own.query.out_features)
        mixed = self._node("MultiHeadAttention", [*thirds, "", "mask"], domain=FUSED, num_heads=heads)
        attended = self._product(f"{name}.attention", mixed, block.attention.output.dense)
        norm = self._norm_weights(f"{name}.attention", block.attention.output.LayerNorm)
        middle = self._node("SkipLayerNormalization", [attended, hidden, *norm], domain=FUSED, epsilon=epsilon)
        up = self._node("Gelu", [self._product(f"{name}.up", middle, block.intermediate.dense)], domain=FUSED)
        down = self._product(f"{name}.down", up, block.output.dense)
        norm = self._norm_weights(name, block.output.LayerNorm)
        return self._node("SkipLayerNormalization", [down, middle, *norm], domain=FUSED, epsilon=epsilon)

    def _product(self, name: str, hidden: str, *layers: nn.Linear) -> str:
        """Linear layers side by side, in whole numbers; what comes in is rounded row by row, block by block."""
        weights = np.concatenate([_array(layer) for layer in layers])
        out, width = weights.shape
        codes, scales = _rounded(weights.reshape(-1, BLOCK).T)
        inputs = [
            hidden,
            self._weight(f"{name}.codes", (codes.T.astype(np.int16) + 128).astype(np.uint8).reshape(out, -1, BLOCK)),
            self._weight(f"{name}.scales", scales),
            *("", ""),
            self._weight(f"{name}.bias", np.concatenate([layer.bias.detach().numpy() for layer in layers])),
        ]
        rounding: dict[str, Any] = {"bits": 8, "block_size": BLOCK, "accuracy_level": IN_WHOLE_NUMBERS}
        return self._node("MatMulNBits", inputs, domain=FUSED, K=width, N=out, **rounding)

    def _norm_weights(self, name: str, norm: nn.LayerNorm) -> list[str]:
        return [
            self._weight(f"{name}.norm", norm.weight.detach().numpy()),
            self._weight(f"{name}.norm_bias", norm.bias.detach().numpy()),
        ]


def _array(layer: Any) -> np.ndarray:
    values: np.ndarray = layer.weight.detach().float().numpy()
    return values


def _rounded(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes in int8 and one scale a column: ``weights ≈ codes × scales``."""
    scales = np.maximum(np.abs(weights).max(axis=0), np.finfo(np.float32).tiny).astype(np.float32) / STEPS
    return np.rint(weights / scales).astype(np.int8), scales
