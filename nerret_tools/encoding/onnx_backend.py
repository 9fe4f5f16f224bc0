"""The backbone as a graph in ONNX Runtime: whole numbers of 8 bits, no other library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from nerret_tools.encoding.backend import ONNX_PRECISION, Batch, Outputs, TokenIds, padded
from nerret_tools.encoding.threads import thread_count

GRAPH_FILE = "graph.onnx"
TABLE_FILE = "embeddings.bin"  # of the graph: the word embeddings
TOKENIZER_FILE = "tokenizer.json"

BATCH_TOKENS = 2048  # as on the CPU with torch: more of them leave its cache


class OnnxBackend:
    """An exported graph. May run in several threads at once.

    Args:
        graph: ``graph.onnx``, with its table beside it.
        pad: Id that fills the end of a row.
        max_tokens: See `Backend`.
    """

    precision = ONNX_PRECISION
    batch_tokens = BATCH_TOKENS
    texts_ahead: int | None = None

    def __init__(self, graph: Path, *, pad: int = 0, max_tokens: int | None = None) -> None:
        self._session = open_session(graph)
        self._has_states = len(self._session.get_outputs()) > 1
        self._pad = pad
        self.max_tokens = max_tokens

    def run(self, token_ids: TokenIds) -> Outputs:
        """Run rows of token ids, special ones included: arrays in float32."""
        ids, mask = padded(token_ids, self._pad, np.int32)
        outputs = self._session.run(None, {"ids": ids, "mask": mask})
        return outputs[0], outputs[1] if self._has_states else None

    def run_all(self, batches: Iterable[Batch], ids: Callable[[Batch], TokenIds]) -> Iterator[tuple[Batch, Outputs]]:
        """Run batches one after the other."""
        for batch in batches:
            yield batch, self.run(ids(batch))

    def pool(self, tapped: np.ndarray, spans: Sequence[tuple[int, int, int]], pooling: str) -> np.ndarray:
        """Pool token spans (row, first, stop) of the tap to vectors ``[n_spans, d]``."""
        if not spans:
            return np.zeros((0, tapped.shape[-1]), dtype=np.float32)
        rows, firsts, stops = np.array(spans, dtype=np.int64).T
        if pooling != "mean":
            return np.asarray(tapped[rows, firsts if pooling == "first" else stops - 1])
        lengths = stops - firsts
        starts = np.cumsum(lengths) - lengths
        owner = np.repeat(np.arange(len(spans)), lengths)
        tokens = tapped[rows[owner], firsts[owner] + np.arange(len(owner)) - starts[owner]]
        return np.asarray(np.add.reduceat(tokens, starts, axis=0) / lengths[:, None].astype(np.float32))


def open_session(graph: Path) -> onnxruntime.InferenceSession:
    """Load a graph to run on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    options.log_severity_level = 3
    # A thread that spins while it waits takes the core from whoever has work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Processors without the newer instructions would run over in the sums; so they take a slower way.
    options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
