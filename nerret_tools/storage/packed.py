"""Vectors for Chroma, three bytes in each of its numbers: a third of what it takes a number of theirs.

A number holds 24 bits exactly. Its highest byte is a code of the first third, so that the graph that Chroma makes is
about that of a third of each vector, and as even.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nerret_tools.scan import QuantisedRows, quantise

__all__ = ["pack", "unpack"]

_BYTES = 3
"""In one number."""

_SCALE_BYTES = 4

_UNIT = np.float32(2.0**-23)
"""What a whole number of 24 bits is multiplied with: then all are between -1 and 1."""

Floats = npt.NDArray[np.float32]


def pack(vectors: Floats) -> Floats:
    """What Chroma keeps of ``[n, dimension]`` vectors, rounded as `quantise` does."""
    rows, (count, dimension) = quantise(vectors), vectors.shape
    width = -(-(dimension + _SCALE_BYTES) // _BYTES)
    numbers = np.zeros((count, width * _BYTES), np.int8)
    numbers[:, :dimension] = rows.codes[:, :dimension]
    numbers[:, dimension : dimension + _SCALE_BYTES] = rows.scales.astype("<f4").view(np.int8).reshape(count, -1)
    wide = np.zeros((count, width, 4), np.int8)
    wide[:, :, :0:-1] = numbers.reshape(count, _BYTES, width).transpose(0, 2, 1)
    return (wide.view("<i4")[:, :, 0] >> 8).astype(np.float32) * _UNIT


def unpack(packed: Floats, dimension: int) -> Floats:
    """The vectors back from ``[n, width]`` numbers."""
    wide = (np.rint(packed / _UNIT).astype("<i4") << 8)[:, :, None].view(np.int8)[:, :, :0:-1]
    kept = np.ascontiguousarray(wide.transpose(0, 2, 1)).reshape(len(packed), -1)
    scales = np.ascontiguousarray(kept[:, dimension : dimension + _SCALE_BYTES]).view("<f4")[:, 0]
    return QuantisedRows(kept, scales, dimension)[:]
