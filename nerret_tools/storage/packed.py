"""The mentions of a part of a document as texts: a row of Chroma's for each takes twice as much, and is slower."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from nerret_tools.scan import QuantisedRows, quantise

__all__ = ["pack_names", "pack_vectors", "unpack_names", "unpack_vectors"]

_SCALE_BYTES = 4

Floats = npt.NDArray[np.float32]


def pack_vectors(vectors: Floats, counts: Sequence[int]) -> Iterator[str]:
    """What is kept of ``[n, dimension]`` vectors, rounded as `quantise` does: a text for each so many of them."""
    rows, (count, dimension) = quantise(vectors), vectors.shape
    scales = rows.scales.astype("<f4").view(np.int8).reshape(count, _SCALE_BYTES)
    kept = np.concatenate([np.asarray(rows.codes)[:, :dimension], scales], axis=1)
    first = 0
    for size in counts:
        yield b64encode(kept[first : first + size].tobytes()).decode()
        first += size


def unpack_vectors(texts: Sequence[str], dimension: int) -> list[Floats]:
    """The vectors ``[n, dimension]`` of each text."""
    packed = [b64decode(text) for text in texts]
    kept = np.frombuffer(b"".join(packed), np.int8).reshape(-1, dimension + _SCALE_BYTES)
    scales = np.ascontiguousarray(kept[:, dimension:]).view("<f4")[:, 0]
    vectors = QuantisedRows(kept, scales, dimension)[:]
    ends = np.cumsum([len(one) // kept.shape[1] for one in packed]).tolist()
    return [vectors[first:last] for first, last in zip([0, *ends], ends, strict=False)]


def pack_names(spans: npt.NDArray[np.int64], surfaces: Sequence[str]) -> str:
    """Where mentions are, ``[n, 2]``, and what they read."""
    return json.dumps([spans.ravel().tolist(), surfaces], ensure_ascii=False, separators=(",", ":"))


def unpack_names(text: str) -> list[tuple[int, int, str]]:
    """Start, end and surface of each mention."""
    places, surfaces = json.loads(text)
    return list(zip(places[::2], places[1::2], surfaces, strict=True))
