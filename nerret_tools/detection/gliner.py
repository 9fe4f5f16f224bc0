"""GLiNER as a detector, for users who have its weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nerret_tools.errors import ModelNotFoundError
from nerret_tools.extras import extra_package

# Broad labels in plain words: together they cover what names usually name.
LABELS = (
    "person", "organization", "location", "building", "product", "creative work", "event",
    "animal", "plant", "disease", "substance", "language", "award", "vehicle", "food",
)  # fmt: skip


class GlinerDetector:
    """Runs a GLiNER model with broad labels and keeps the spans, not the labels.

    Args:
        model: A folder or a name on the hub (``urchade/gliner_medium-v2.1``), or an object that
            has GLiNER's ``inference`` or ``batch_predict_entities`` method.
        labels: What to look for; broad ones, since the type is asked for later.
        threshold: GLiNER's own score, low because a missed span costs its document.
        batch_size: Texts a call.

    Raises:
        MissingExtraError: The package gliner is not installed.
        ModelNotFoundError: The weights cannot be loaded.
    """

    def __init__(
        self,
        model: Any = "urchade/gliner_medium-v2.1",
        *,
        labels: Sequence[str] = LABELS,
        threshold: float = 0.3,
        batch_size: int = 16,
    ) -> None:
        self._model = _load(model) if isinstance(model, str) else model
        self.labels = list(labels)
        self.threshold = threshold
        self.batch_size = batch_size
        source = model if isinstance(model, str) else type(model).__name__
        self.name = f"gliner:{source}:{threshold}:{','.join(self.labels)}"

    def detect(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return the spans of each text, sorted, without repetition."""
        predict = getattr(self._model, "inference", None) or self._model.batch_predict_entities
        found: list[list[tuple[int, int]]] = []
        for first in range(0, len(texts), self.batch_size):
            batch = list(texts[first : first + self.batch_size])
            for entities in predict(batch, self.labels, flat_ner=False, threshold=self.threshold):
                found.append(sorted({(int(one["start"]), int(one["end"])) for one in entities}))
        return found


def _load(name: str) -> Any:
    package = extra_package("gliner", "The GLiNER detector", "gliner")
    try:
        return package.GLiNER.from_pretrained(name)
    except OSError as error:
        raise ModelNotFoundError(f"GLiNER weights {name!r} cannot be loaded: {error}") from error
