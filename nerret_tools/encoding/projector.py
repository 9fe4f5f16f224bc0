"""A trained projection at work, in NumPy; `Projection` is the same in torch, to be trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from nerret_tools.errors import ModelError

_SHORTEST = 1e-12  # a vector that is shorter stays as it is


@dataclass(frozen=True, eq=False)
class Projector:
    """Two linear layers with SiLU between, output of unit length (paper, section 3).

    Attributes:
        center: Taken from the input, ``[d]``.
        first: Weights ``[hidden, d]`` and bias ``[hidden]``.
        second: Weights ``[k, hidden]`` and bias ``[k]``.
    """

    center: np.ndarray
    first: tuple[np.ndarray, np.ndarray]
    second: tuple[np.ndarray, np.ndarray]

    @property
    def dimension(self) -> int:
        """Width of the embeddings that come out."""
        return len(self.second[1])

    def __call__(self, representations: np.ndarray) -> np.ndarray:
        """Project representations ``[n, d]`` to unit-length embeddings ``[n, k]`` float32."""
        hidden = (representations - self.center) @ self.first[0].T + self.first[1]
        hidden /= 1 + np.exp(-np.maximum(hidden, -80))  # SiLU; beyond, it is 0 and the power too large
        out = hidden @ self.second[0].T + self.second[1]
        return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), _SHORTEST), dtype=np.float32)

    @classmethod
    def load(cls, path: Path) -> Projector:
        """Read the weights that `Projection.save` wrote.

        Raises:
            ModelError: The file is missing, damaged, or holds something else.
        """
        try:
            weights = {name: value.astype(np.float32) for name, value in load_file(path).items()}
            layers = [(weights[f"{name}.weight"], weights[f"{name}.bias"]) for name in ("first", "second")]
            center = weights["center"]
        except (OSError, SafetensorError, KeyError, RuntimeError) as error:
            raise ModelError(f"{path} is not a projection that can be read: {error}") from error
        shapes = [center.shape, *(part.shape for layer in layers for part in layer)]
        hidden, out = len(layers[0][1]), len(layers[1][1])
        if shapes != [center.shape, (hidden, *center.shape), (hidden,), (out, hidden), (out,)]:
            raise ModelError(f"{path} is not a projection that can be read: its shapes are {shapes}")
        return cls(center, *layers)
