"""From trained weights to the graph that ONNX Runtime runs: token ids in, tap and state blocks out."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from transformers import BertModel

from nerret_tools.detection.light_span_head import HEAD_GRAPH_FILE, read_head
from nerret_tools.detection.span_head import HEADS
from nerret_tools.encoding.backbone import CutBackbone
from nerret_tools.encoding.onnx_backend import GRAPH_FILE, LARGEST_SUM, SUMMED, TABLE_FILE, TOKENIZER_FILE
from nerret_tools.errors import ModelError
from nerret_tools.models.backbone_files import backbone_folder
from nerret_tools.models.encoders import load_encoder
from nerret_tools.models.spec import MANIFEST_FILE, SPAN_HEAD_FILE, ModelSpec

OPSET = 20
EPSILON = 1e-5  # of torch's norms
FUSED = "com.microsoft"  # ONNX Runtime's own operators, of which every build has these
TABLE_BYTES = 8 << 20  # weights that take more are kept beside the graph: the table of embeddings
GELU_ZERO = 16  # code of 0 behind a GELU, which gives
GELU_LEAST = 0.17  # below 0 at most
LARGEST = 192  # rows of weights behind a GELU with scales of their own
TINY = 1e-30
EVENNESS = 0.65  # how much of a column's width is moved from what comes in to the weights (SmoothQuant's alpha)
STEPS = 127  # of an int8 weight on either side of 0


def export(spec: ModelSpec, out: Path | None = None) -> Path:
    """Write a model's graph, its table of embeddings, its tokenizer and what they were made from.

    Weights of every product are whole numbers of 8 bits with one scale a column, and so is what they are
    multiplied with, as it comes: a scale of its own for each token, so that no vector depends on what else is
    in the batch. The table has one scale a row.

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
            [
                helper.make_tensor_value_info(
                    name, TensorProto.INT32 if name == LARGEST_SUM else TensorProto.FLOAT, shape
                )
                for name, shape in outputs.items()
            ],
            self._weights,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="nerret-tools")

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

    def _normed(self, parts: list[str], weights: list[str], epsilon: float) -> str:
        """A norm over a sum of two; SkipLayerNormalization does it in one, and takes seven times as long."""
        return self._node("LayerNormalization", [self._node("Add", parts), *weights], epsilon=epsilon)

    def _constant(self, name: str, values: np.ndarray) -> str:
        """A weight that several places share; those of one name differ by their value."""
        name = f"{name}.{values.ravel()[0]}"
        return name if any(weight.name == name for weight in self._weights) else self._weight(name, values)

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
        mixed = self._normed([attended, mixed], _named("mixer.norm1"), EPSILON)
        up = self._node("Gelu", [self._linear("mixer.linear1", mixed)])
        mixed = self._normed([self._linear("mixer.linear2", up), mixed], _named("mixer.norm2"), EPSILON)
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
        self._reach = _reaches(backbone)

    def model(self) -> onnx.ModelProto:
        bert: Any = self._backbone.model
        epsilon = float(bert.config.layer_norm_eps)
        self._last = self._constant("last_axis", np.array([-1], np.int64))
        self._flat = self._constant("flat", np.array([-1, bert.config.hidden_size], np.int64))
        embedded = self._embed(bert.embeddings, epsilon)
        sizes = [self._node("Shape", ["ids"]), self._constant("any", np.array([-1], np.int64))]
        self._batch = self._node("Concat", sizes, axis=0)
        hidden = self._node("Reshape", [embedded, self._flat])
        outputs = []
        for number, block in enumerate(bert.encoder.layer):
            hidden = self._block(f"block{number}", block, hidden, int(bert.config.num_attention_heads), epsilon)
            outputs.append(hidden)
        self._nodes.append(helper.make_node("Reshape", [outputs[self._backbone.tap.block], self._batch], ["tap"]))
        named = [("tap", bert.config.hidden_size)]
        if states := [outputs[block] for block in self._backbone.state_blocks]:
            joined = self._node("Concat", states, axis=1)
            self._nodes.append(helper.make_node("Reshape", [joined, self._batch], ["states"]))
            named.append(("states", bert.config.hidden_size * len(states)))
        inputs: dict[str, tuple[int, list[Any]]] = {
            "ids": (TensorProto.INT64, ["n", "l"]),
            "mask": (TensorProto.INT32, ["n", "l"]),
        }
        outputs_of = {name: ["n", "l", width] for name, width in named}
        return self._finish(inputs, outputs_of | {LARGEST_SUM: self._largest_sum()})

    def _largest_sum(self) -> list[Any]:
        """The largest sums of products in 8 bits: what loads the graph sees whether the processor's own run over."""
        size = self._node("Reshape", [self._node("Size", ["ids"]), self._last])
        shape = self._node("Concat", [size, self._constant("widest", np.array([SUMMED], np.int64))], axis=0)
        codes = self._node("Expand", [self._constant("top", np.array(255, np.uint8)), shape])
        weights = self._constant("tops", np.full((SUMMED, SUMMED), STEPS, np.int8))
        self._nodes.append(helper.make_node("MatMulInteger", [codes, weights], [LARGEST_SUM]))
        return ["tokens", SUMMED]

    def _embed(self, embeddings: Any, epsilon: float) -> str:
        table, scales = _rounded(_array(embeddings.word_embeddings).T)
        places = _array(embeddings.position_embeddings)[: self._window] + _array(embeddings.token_type_embeddings)[0]
        codes = self._node("Gather", [self._weight("table", table.T), "ids"])
        row = self._node("Gather", [self._weight("table_scales", scales[:, None]), "ids"])
        words = self._node("Mul", [self._node("Cast", [codes], to=TensorProto.FLOAT), row])
        length = self._node("Shape", ["ids"], start=1, end=2)
        start, axis = self._weight("start", np.zeros(1, np.int64)), self._weight("first_axis", np.zeros(1, np.int64))
        place = self._node("Slice", [self._weight("places", places), start, length, axis])
        return self._normed([words, place], self._norm_weights("embeddings", embeddings.LayerNorm), epsilon)

    def _block(self, name: str, block: Any, hidden: str, heads: int, epsilon: float) -> str:
        own, mixer = block.attention.self, block.attention.output
        joint = self._product(f"{name}.qkv", hidden, *_joined(own.query, own.key, own.value), self._reach[own.query])
        thirds = self._thirds(name, self._node("Reshape", [joint, self._batch]), own.query.out_features)
        mixed = self._node("MultiHeadAttention", [*thirds, "", "mask"], domain=FUSED, num_heads=heads)
        flat = self._node("Reshape", [mixed, self._flat])
        attended = self._product(f"{name}.attention", flat, *_joined(mixer.dense))
        middle = self._normed([attended, hidden], self._norm_weights(f"{name}.attention", mixer.LayerNorm), epsilon)
        fed = self._feed_forward(name, block, middle)
        return self._normed([fed, middle], self._norm_weights(name, block.output.LayerNorm), epsilon)

    def _feed_forward(self, name: str, block: Any, middle: str) -> str:
        """Two products; what lies between is ordered by its weights, so that the largest have scales of their own."""
        up, up_bias = _joined(block.intermediate.dense)
        down, down_bias = _joined(block.output.dense)
        order = np.argsort(-np.abs(down).max(axis=1), kind="stable")
        reach = self._reach[block.intermediate.dense]
        raised = self._product(f"{name}.up", middle, up[:, order], up_bias[order], reach)
        codes, zero, scales = self._rows(self._node("Gelu", [raised]), GELU_ZERO, GELU_LEAST / GELU_ZERO)
        sizes = self._constant("sizes", np.array([LARGEST, len(order) - LARGEST], np.int64))
        parts = [f"{name}.largest", f"{name}.others"]
        self._nodes.append(helper.make_node("Split", [codes, sizes], parts, axis=1))
        weights = np.split(down[order], [LARGEST])
        products = [self._whole(part, part, zero, some) for part, some in zip(parts, weights, strict=True)]
        return self._scaled(f"{name}.down", self._node("Add", products), scales, down_bias)

    def _product(
        self, name: str, hidden: str, weights: np.ndarray, bias: np.ndarray, reach: np.ndarray | None = None
    ) -> str:
        """``hidden @ weights + bias`` in whole numbers; with ``reach``, its columns are made evenly wide first."""
        if reach is not None:
            shares = _shares(reach, weights)
            hidden = self._node("Mul", [hidden, self._weight(f"{name}.shares", 1 / shares)])
            weights = weights * shares[:, None]
        codes, zero, scales = self._rows(hidden)
        return self._scaled(name, self._whole(name, codes, zero, weights), scales, bias)

    def _rows(self, hidden: str, zero: int = 128, least: float = TINY) -> tuple[str, str, str]:
        """Round each token's numbers to 8 bits with a scale of its own: codes, the code of 0, scales ``[n, 1]``."""
        top = self._node("ReduceMax", [hidden, self._last], keepdims=0)
        if zero == 128:
            low = self._node("Neg", [self._node("ReduceMin", [hidden, self._last], keepdims=0)])
            top = self._node("Max", [top, low])
        scales = self._node("Mul", [top, self._constant("step", np.array(1 / (255 - zero), np.float32))])
        scales = self._node("Max", [scales, self._constant("least", np.array(least, np.float32))])
        code = self._constant("code", np.array(zero, np.uint8))
        zeros = self._node("Expand", [code, self._node("Shape", [scales])])
        codes = self._node("QuantizeLinear", [hidden, scales, zeros], axis=0)
        return codes, code, self._node("Unsqueeze", [scales, self._last])

    def _whole(self, name: str, codes: str, zero: str, weights: np.ndarray) -> str:
        """A product of whole numbers, times the scales of the weights' columns."""
        rounded, steps = _rounded(weights)
        one = self._constant("one", np.ones((), np.float32))
        inputs = [codes, self._weight(f"{name}.codes", rounded), one, self._weight(f"{name}.scales", steps), zero]
        return self._node("MatMulIntegerToFloat", inputs, domain=FUSED)

    def _scaled(self, name: str, product: str, scales: str, bias: np.ndarray) -> str:
        return self._node("Add", [self._node("Mul", [product, scales]), self._weight(f"{name}.bias", bias)])

    def _norm_weights(self, name: str, norm: nn.LayerNorm) -> list[str]:
        return [
            self._weight(f"{name}.norm", norm.weight.detach().numpy()),
            self._weight(f"{name}.norm_bias", norm.bias.detach().numpy()),
        ]


def _joined(*layers: nn.Linear) -> tuple[np.ndarray, np.ndarray]:
    """Weights ``[in, out]`` and bias of linear layers side by side."""
    biases = [layer.bias.detach().numpy() for layer in layers]
    return np.concatenate([_array(layer) for layer in layers]).T, np.concatenate(biases)


def _reaches(backbone: CutBackbone) -> dict[nn.Linear, np.ndarray]:
    """How large what comes into each linear layer becomes, column by column, on word pieces drawn at random.

    As good as sentences for this, and no text is needed: a few columns are many times as wide on anything.
    """
    bert: Any = backbone.model
    reaches: dict[nn.Linear, np.ndarray] = {}

    def keep(layer: nn.Linear, inputs: tuple[Tensor, ...]) -> None:
        reaches[layer] = inputs[0].abs().amax(dim=(0, 1)).numpy()

    hooks = [layer.register_forward_pre_hook(keep) for layer in bert.encoder.modules() if isinstance(layer, nn.Linear)]
    ids = np.random.default_rng(0).integers(bert.config.vocab_size, size=(32, 32))
    with torch.inference_mode():
        backbone(torch.from_numpy(ids), attention_mask=torch.ones(ids.shape, dtype=torch.long))
    for hook in hooks:
        hook.remove()
    return reaches


def _shares(reach: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What to divide each column by; powers of two, which round nothing and do not hang on a last digit."""
    widths = np.maximum(reach, 1e-5) ** EVENNESS / np.maximum(np.abs(weights).max(axis=1), 1e-5) ** (1 - EVENNESS)
    shares: np.ndarray = np.exp2(np.rint(np.log2(widths / np.median(widths)))).astype(np.float32)
    return shares


def _array(layer: Any) -> np.ndarray:
    values: np.ndarray = layer.weight.detach().float().numpy()
    return values


def _rounded(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes in int8 and one scale a column: ``weights ≈ codes × scales``."""
    scales = np.maximum(np.abs(weights).max(axis=0), np.finfo(np.float32).tiny).astype(np.float32) / STEPS
    return np.rint(weights / scales).astype(np.int8), scales
