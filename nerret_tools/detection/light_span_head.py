"""The span head in ONNX Runtime: the same as `SpanHead` in torch, to rounding, from the same file of weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from nerret_tools.detection.span_chooser import MAX_WORDS, SpanChooser, WordLayout
from nerret_tools.encoding.onnx_backend import open_session
from nerret_tools.errors import ModelError

HEAD_GRAPH_FILE = "spans.onnx"
# Linear layers, whose weights the graph takes with the inputs first.
_TURNED = ("entry", "mixer.self_attn.out_proj", "mixer.linear1", "mixer.linear2", "first", "last", "alone")


class LightSpanHead(SpanChooser):
    """A trained span head.

    Args:
        graph: What multiplies, see `nerret train --only export`.
        weights: As `read_head` gives them.
        threshold: See `SpanChooser`.
        overlap_threshold: See `SpanChooser`.
    """

    def __init__(self, graph: Path, weights: dict[str, np.ndarray], threshold: float, overlap_threshold: float) -> None:
        self._session = open_session(graph)
        self._length = weights["length"]
        self._weights = {name: values for name, values in weights.items() if name != "length"}
        self.threshold = threshold
        self.overlap_threshold = overlap_threshold

    def probabilities(self, states: np.ndarray, layout: WordLayout) -> np.ndarray:
        """See `SpanChooser`."""
        inputs = {"words": self._words(states, layout), "shapes": layout.shapes, "mask": layout.mask.astype(np.int32)}
        pairs, alone = self._session.run(None, self._weights | inputs)
        count = layout.lengths.shape[1]
        ends = np.arange(count)[:, None] + np.arange(MAX_WORDS)
        last = np.minimum(ends, count - 1)
        begins, stops, inside = np.moveaxis(alone, -1, 0)
        totals = np.pad(np.cumsum(inside, axis=1), ((0, 0), (1, 0)))
        means = (totals[:, last + 1] - totals[:, :count, None]) / np.arange(1, MAX_WORDS + 1, dtype=np.float32)
        scale = np.float32(self._weights["first.bias"].shape[0] ** 0.5)
        logits = pairs[:, np.arange(count)[:, None], last] / scale + begins[..., None] + stops[:, last] + means
        likely = 1 / (1 + np.exp(-np.maximum(logits + self._length, -80)))
        return np.asarray(np.where((ends < count) & layout.mask[:, last], likely, 0), dtype=np.float32)

    def _words(self, states: np.ndarray, layout: WordLayout) -> np.ndarray:
        """Mean state of each word, ``[n_windows, longest, d]``."""
        words = np.zeros((layout.lengths.size, states.shape[-1]), dtype=np.float32)
        real = np.flatnonzero(layout.lengths)
        if len(real):
            lengths = layout.lengths.ravel()[real]
            tokens = states[layout.rows, layout.columns]
            words[real] = np.add.reduceat(tokens, np.cumsum(lengths) - lengths, axis=0) / lengths[:, None]
        return words.reshape(*layout.lengths.shape, -1)

    @classmethod
    def load(cls, graph: Path, path: Path) -> LightSpanHead:
        """Read what `SpanHead.save` wrote.

        Raises:
            ModelError: The file is missing, damaged, or holds something else.
        """
        weights, metadata = read_head(path)
        try:
            threshold, overlap_threshold = map(float, metadata["thresholds"].split())
        except (KeyError, ValueError) as error:
            raise ModelError(f"{path} is not a span head that can be read: {error}") from error
        return cls(graph, weights, threshold, overlap_threshold)


def read_head(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read a head's weights, float32, as the graph takes them, and its thresholds.

    Raises:
        ModelError: The file is missing, damaged, or holds something else.
    """
    try:
        with safe_open(path, framework="np") as file:
            weights = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
        for name in ("in_proj_weight", "in_proj_bias"):  # torch's own names, made regular
            weights[f"mixer.self_attn.{name.replace('_w', '.w').replace('_b', '.b')}"] = weights.pop(
                f"mixer.self_attn.{name}"
            )
        for name in (*_TURNED, "mixer.self_attn.in_proj"):
            weights[f"{name}.weight"] = np.ascontiguousarray(weights[f"{name}.weight"].T)
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise ModelError(f"{path} is not a span head that can be read: {error}") from error
    return weights, metadata
