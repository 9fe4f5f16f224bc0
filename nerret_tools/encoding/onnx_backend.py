"""The backbone as a graph in ONNX Runtime: whole numbers of 8 bits, no other library."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path

import numpy as np
import onnxruntime

from nerret_tools.encoding.backend import ONNX_PRECISION, Batch, Outputs, TokenIds, padded
from nerret_tools.threads import thread_count

GRAPH_FILE = "graph.onnx"
TABLE_FILE = "embeddings.bin"  # of the graph: the word embeddings
TOKENIZER_FILE = "tokenizer.json"

LARGEST_SUM = "largest_sum"
SUMMED = 64  # products in it

BATCH_TOKENS = 512  # what is computed between two products stays in a core's cache


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
        if runs_over(self._session):
            self._session = open_session(graph, exact=True)
        self._outputs = [one.name for one in self._session.get_outputs() if one.name != LARGEST_SUM]
        self._pad = pad
        self.max_tokens = max_tokens

    def run(self, token_ids: TokenIds) -> Outputs:
        """Run rows of token ids, special ones included: arrays in float32."""
        ids, mask = padded(token_ids, self._pad, np.int32)
        tapped, *states = self._session.run(self._outputs, {"ids": ids, "mask": mask})
        return tapped, states[0] if states else None

    def run_all(self, batches: Iterable[Batch], ids: Callable[[Batch], TokenIds]) -> Iterator[tuple[Batch, Outputs]]:
        """Run as many batches at once as there are threads; each by itself, which shares the work better."""
        coming, count = iter(batches), thread_count()
        start = list(islice(coming, 2))
        if len(start) < 2 or count == 1:
            yield from ((batch, self.run(ids(batch))) for batch in chain(start, coming))
            return
        running: deque[tuple[Batch, Future[Outputs]]] = deque()
        with ThreadPoolExecutor(count, "nerret-encode") as threads:
            for batch in chain(start, coming):
                running.append((batch, threads.submit(self.run, ids(batch))))
                if len(running) > count:
                    first, outputs = running.popleft()
                    yield first, outputs.result()
            yield from ((batch, outputs.result()) for batch, outputs in running)

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


def open_session(graph: Path, *, exact: bool = False) -> onnxruntime.InferenceSession:
    """Load a graph to run on the CPU, in the thread that asks.

    Args:
        graph: The file.
        exact: Whether to multiply whole numbers in a slower way that does not run over on any processor.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    if exact:
        options.add_session_config_entry("session.x64quantprecision", "1")
    slower = ["BiasGeluFusion"]  # than its parts
    return onnxruntime.InferenceSession(
        str(graph), options, providers=["CPUExecutionProvider"], disabled_optimizers=slower
    )


def runs_over(session: onnxruntime.InferenceSession) -> bool:
    """Whether sums of products in 8 bits are cut at 16: x86 processors without VNNI instructions do that."""
    ids = np.zeros((1, 8), dtype=np.int64)
    [sums] = session.run([LARGEST_SUM], {"ids": ids, "mask": ids.astype(np.int32)})
    return bool((sums != 255 * 127 * SUMMED).any())
