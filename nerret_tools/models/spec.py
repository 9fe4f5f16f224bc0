"""What a model is made of, described without loading it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nerret_tools.encoding import Tap
from nerret_tools.encoding.taps import WINDOW_TOKENS
from nerret_tools.errors import ModelNotFoundError

if TYPE_CHECKING:
    import numpy as np

ADAPTER_FILE = "adapter.safetensors"
CONTEXT_FILE = "context.safetensors"
PROJECTION_FILE = "projection.safetensors"
SPAN_HEAD_FILE = "spans.safetensors"
CALIBRATION_FILE = "calibration.json"
RECIPE_FILE = "recipe.json"
MANIFEST_FILE = "graph.json"  # of the exported graph: what it was made from, and the digests of its files

CONTEXT_TOKENS = 32  # on each side of a mention: about the sentence it stands in


@dataclass(frozen=True)
class ModelSpec:
    """A named model: backbone, tap, and the folder with the weights trained on top."""

    name: str  # what users write
    backbone: str  # the backbone's id on the hub
    revision: str  # its commit there
    # Of the backbone's `model.safetensors`; None where the weights are several files: then the revision alone says
    # which they are
    sha256: str | None
    licence: str  # of the backbone
    tap: Tap  # what is read from the backbone
    state_blocks: tuple[int, ...]  # blocks whose outputs the span head reads
    dimension: int  # width of an embedding
    weights: Path  # folder with projection, span head and calibration
    package: str | None = None  # Python package that carries the backbone offline, if there is one
    adapted: bool = False  # whether the folder also holds an adapter for the backbone
    # How many of the embedding's last numbers describe the mention's context; 0 without a context head
    context_dimension: int = 0
    context_weight: float = 0.0  # share of the context's cosine in a score, from 0 to 1; the mention's own has the rest
    folder: Path | None = None  # folder with the backbone's files, where they are not on the hub
    window_tokens: int = WINDOW_TOKENS  # longest window that runs through the backbone
    gated: bool = False  # whether the hub asks for an account that accepted the licence

    @property
    def context_tokens(self) -> int | None:
        """How far a mention's context reaches on each side; None where the model has no context head."""
        return CONTEXT_TOKENS if self.context_dimension else None

    @property
    def mention_dimension(self) -> int:
        """How many of an embedding's first numbers describe the mention itself."""
        return self.dimension - self.context_dimension

    def parts_of(self, embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Take embeddings ``[..., dimension]`` apart: the mention's own numbers, then those of its context."""
        return embeddings[..., : self.mention_dimension], embeddings[..., self.mention_dimension :]

    @property
    def has_graph(self) -> bool:
        """Whether the model was exported for ONNX Runtime."""
        return (self.weights / MANIFEST_FILE).is_file()

    @property
    def has_span_head(self) -> bool:
        """Whether the model finds mentions by itself."""
        return (self.weights / SPAN_HEAD_FILE).is_file()

    def parts(self, detector: str | None = None) -> dict[str, str]:
        """Return what the vectors of an index depend on, in readable form; `detector`: one that replaces the span head.

        Raises:
            ModelNotFoundError: A weight file is missing.
        """
        context = {}
        if self.context_dimension:
            context["context_sha256"] = _sha256(self.weights / CONTEXT_FILE)
            context["context_weight"] = str(self.context_weight)
        return {
            **self.backbone_parts(),
            **context,
            "projection_sha256": _sha256(self.weights / PROJECTION_FILE),
            "detector": detector or self._span_head(),
        }

    def backbone_parts(self) -> dict[str, str]:
        """Return that of `parts` on which the representations depend.

        Raises:
            ModelNotFoundError: The adapter is missing.
        """
        adapter = {"adapter_sha256": _sha256(self.weights / ADAPTER_FILE)} if self.adapted else {}
        return {
            **adapter,
            "backbone": f"{self.backbone}@{self.revision[:12]}",
            "backbone_sha256": self.sha256 or "not checked",
            "tap": str(self.tap),
        }

    def _span_head(self) -> str:
        return f"span head {_sha256(self.weights / SPAN_HEAD_FILE)[:12]}" if self.has_span_head else "none"

    def fingerprint(self, detector: str | None = None) -> str:
        """Return 16 hexadecimal digits that change when any of `parts` does."""
        parts = self.parts(detector)
        text = "\n".join(f"{key}={parts[key]}" for key in sorted(parts))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelNotFoundError(
            f"the model's weights {path.name} cannot be read: {error}. `nerret models list` shows what each model "
            "has; `nerret models import-head` brings in a published projection, `nerret train` makes one"
        ) from error
