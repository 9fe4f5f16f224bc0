"""What a model is made of, described without loading it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from nerret_tools.encoding import Tap
from nerret_tools.errors import ModelNotFoundError

PROJECTION_FILE = "projection.safetensors"
SPAN_HEAD_FILE = "spans.safetensors"
CALIBRATION_FILE = "calibration.json"
RECIPE_FILE = "recipe.json"


@dataclass(frozen=True)
class ModelSpec:
    """A named model: backbone, tap, and the folder with the weights trained on top.

    Attributes:
        name: What users write.
        backbone: The backbone's id on the hub.
        revision: Its commit there.
        sha256: Of the backbone's ``model.safetensors``.
        licence: Of the backbone.
        tap: What is read from the backbone.
        state_blocks: Blocks whose outputs the span head reads.
        dimension: Width of an embedding.
        weights: Folder with projection, span head and calibration.
        package: Python package that carries the backbone offline, if there is one.
    """

    name: str
    backbone: str
    revision: str
    sha256: str
    licence: str
    tap: Tap
    state_blocks: tuple[int, ...]
    dimension: int
    weights: Path
    package: str | None = None

    def parts(self, detector: str | None = None) -> dict[str, str]:
        """Return what the vectors of an index depend on, in readable form.

        Args:
            detector: Name of a detector that replaces the span head.

        Raises:
            ModelNotFoundError: A weight file is missing.
        """
        return {
            "backbone": f"{self.backbone}@{self.revision[:12]}",
            "backbone_sha256": self.sha256,
            "tap": str(self.tap),
            "projection_sha256": _sha256(self.weights / PROJECTION_FILE),
            "detector": detector or f"span head {_sha256(self.weights / SPAN_HEAD_FILE)[:12]}",
        }

    def fingerprint(self, detector: str | None = None) -> str:
        """Return 16 hexadecimal digits that change when any of `parts` does."""
        parts = self.parts(detector)
        text = "\n".join(f"{key}={parts[key]}" for key in sorted(parts))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelNotFoundError(f"the model's weights {path.name} cannot be read: {error}") from error
