"""What runs the backbone: the seam between texts in tokens and arrays of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

ONNX_PRECISION = "int8-onnx"
"""Name of the exported graph's number format, as an index records it."""

DEVICE_VARIABLE = "NERRET_DEVICE"

Batch = TypeVar("Batch")
TokenIds = Sequence[Sequence[int]]
Outputs = tuple[Any, Any]
"""The tap ``[n, longest, d]`` and the state blocks side by side ``[n, longest, hidden × blocks]`` (None
without any), in whatever the backend computes with; what stands behind a row's end means nothing."""


class Backend(Protocol):
    """A backbone, cut at the tap, ready to run. There are two: `OnnxBackend` and `TorchBackend`.

    Attributes:
        precision: Number format, as an index records it.
        batch_tokens: Padded tokens that are best run together.
        texts_ahead: Texts tokenized in another thread while those before run; None tokenizes all
            texts of a call first, and so sorts all of them by length.
        max_tokens: Longest row, special tokens included; None: no limit of its own.
    """

    precision: str
    batch_tokens: int
    texts_ahead: int | None
    max_tokens: int | None

    def run(self, token_ids: TokenIds) -> Outputs:
        """Run rows of token ids, special ones included."""
        ...

    def run_all(self, batches: Iterable[Batch], ids: Callable[[Batch], TokenIds]) -> Iterator[tuple[Batch, Outputs]]:
        """Run batches, taken one by one, and give them back with their outputs, in order."""
        ...

    def pool(self, tapped: Any, spans: Sequence[tuple[int, int, int]], pooling: str) -> np.ndarray:
        """Pool token spans (row, first, stop) of the tap to vectors ``[n_spans, d]`` float32."""
        ...


def padded(rows: TokenIds, pad: int, mask_type: type[np.signedinteger[Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Token ids and mask ``[n, longest]``."""
    ids = np.full((len(rows), max(map(len, rows))), pad, dtype=np.int64)
    mask = np.zeros(ids.shape, dtype=mask_type)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return ids, mask
