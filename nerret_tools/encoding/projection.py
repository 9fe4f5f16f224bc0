"""The projection: the small MLP that makes a representation type-aware (paper, section 3)."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from nerret_tools.errors import ModelError

EMBEDDING_DIMENSION = 500  # as in the paper
DROPOUT = 0.1  # as in the paper


class Projection(nn.Module):
    """Two linear layers with SiLU and dropout between, output of unit length.

    Maps representations ``[n, d]`` to embeddings ``[n, 500]``. The input is centred first:
    raw representations share a large common component, which would hide what differs.
    """

    center: Tensor

    def __init__(self, input_dimension: int, hidden_dimension: int = 500, dimension: int = EMBEDDING_DIMENSION) -> None:
        super().__init__()
        self.register_buffer("center", torch.zeros(input_dimension))
        self.first = nn.Linear(input_dimension, hidden_dimension)
        self.dropout = nn.Dropout(DROPOUT)
        self.second = nn.Linear(hidden_dimension, dimension)

    @property
    def input_dimension(self) -> int:
        """Width of the representations that go in."""
        return self.first.in_features

    @property
    def dimension(self) -> int:
        """Width of the embeddings that come out."""
        return self.second.out_features

    def forward(self, representations: Tensor) -> Tensor:
        """Project representations ``[n, d]`` to unit-length embeddings ``[n, 500]``."""
        hidden = self.dropout(F.silu(self.first(representations - self.center)))
        return F.normalize(self.second(hidden), dim=-1)

    def save(self, path: Path) -> None:
        """Write the weights as safetensors."""
        save_file({name: value.contiguous() for name, value in self.state_dict().items()}, path)

    @classmethod
    def load(cls, path: Path) -> Projection:
        """Read weights that `save` wrote, ready for inference.

        Raises:
            ModelError: The file is missing, damaged, or holds something else.
        """
        try:
            weights = load_file(path)
            second, first = weights["second.weight"], weights["first.weight"]
            projection = cls(first.shape[1], first.shape[0], second.shape[0])
            projection.load_state_dict(weights)
        except (OSError, SafetensorError, KeyError, RuntimeError) as error:
            raise ModelError(f"{path} is not a projection that can be read: {error}") from error
        return projection.eval()
