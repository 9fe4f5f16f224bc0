"""Abstract mediation (SAM-NER, section 3.2): an embedding's distribution over the archetypes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from nerret_tools.archetypes.calibration import unit_part
from nerret_tools.errors import ModelError

__all__ = ["ARCHETYPES_FILE", "ArchetypeHead"]

ARCHETYPES_FILE = "archetypes.safetensors"
WIDTH = 128  # of the hidden layer
DROPOUT = 0.2


class ArchetypeHead(nn.Module):
    """A small classifier over archetypes for mentions and for type descriptions alike.

    Both live in one space, so one head serves both, and no table says which archetype a label has.

    Args:
        dimension: Of the embeddings.
        names: The archetypes, one a column.
        version: Of the catalogue that it was trained for.
        temperature: Divides the logits; fitted on held-back nouns, so that probabilities are meant.
    """

    def __init__(self, dimension: int, names: Sequence[str], version: int = 1, temperature: float = 1.0) -> None:
        super().__init__()
        self.names = list(names)
        self.version = version
        self.temperature = temperature
        self.first = nn.Linear(dimension, WIDTH)
        self.dropout = nn.Dropout(DROPOUT)
        self.second = nn.Linear(WIDTH, len(self.names))

    def forward(self, embeddings: Tensor) -> Tensor:
        """Return logits ``[n, n_archetypes]`` for embeddings ``[n, d]``."""
        logits: Tensor = self.second(self.dropout(nn.functional.gelu(self.first(embeddings))))
        return logits / self.temperature

    @property
    def dimension(self) -> int:
        """Width of what goes in."""
        return self.first.in_features

    @torch.inference_mode()
    def distributions(self, embeddings: np.ndarray) -> np.ndarray:
        """Return probabilities ``[n, n_archetypes]`` float32, each row summing to 1.

        Embeddings may be wider than the head: then their first part is the mention's own, and the
        rest, its context's, is not looked at.
        """
        if not len(embeddings):
            return np.zeros((0, len(self.names)), dtype=np.float32)
        logits = self(torch.from_numpy(unit_part(embeddings, 0, self.dimension)))
        probabilities: np.ndarray = logits.softmax(dim=1).numpy()
        return probabilities

    def save(self, path: Path) -> None:
        """Write weights, names and temperature as safetensors."""
        metadata = {
            "names": "\n".join(self.names),
            "version": str(self.version),
            "temperature": repr(float(self.temperature)),
        }
        save_file({name: value.contiguous() for name, value in self.state_dict().items()}, path, metadata=metadata)

    @classmethod
    def load(cls, path: Path) -> ArchetypeHead:
        """Read what `save` wrote, ready for inference.

        Raises:
            ModelError: The file is missing, damaged, or holds something else.
        """
        try:
            with safe_open(path, framework="pt") as file:
                weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
                metadata = file.metadata() or {}
            head = cls(
                weights["first.weight"].shape[1],
                metadata["names"].split("\n"),
                int(metadata["version"]),
                float(metadata["temperature"]),
            )
            head.load_state_dict(weights)
        except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
            raise ModelError(
                f"{path} is not an archetype head that can be read: {error}. `nerret train archetypes` makes one"
            ) from error
        return head.eval()
