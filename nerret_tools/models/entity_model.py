"""A loaded model: texts in, mentions with embeddings out; types in, query embeddings out."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from transformers import AutoTokenizer

from nerret_tools.detection.span_head import SpanHead
from nerret_tools.encoding.backbone import load_backbone
from nerret_tools.encoding.encoder import TextEncoder, UnreadableSpan
from nerret_tools.encoding.precision import choose_precision
from nerret_tools.encoding.projection import Projection
from nerret_tools.errors import ModelError
from nerret_tools.models.backbone_files import backbone_folder
from nerret_tools.models.spec import PROJECTION_FILE, SPAN_HEAD_FILE, ModelSpec


@dataclass(frozen=True)
class EncodedDocument:
    """A document's mentions.

    Attributes:
        spans: Character offsets ``[n, 2]`` int64, sorted.
        embeddings: Unit length, ``[n, 500]`` float32.
        text_vector: Mean of the text at the tap, unit length, ``[d]`` float32.
        unreadable: Given spans without a vector.
    """

    spans: np.ndarray
    embeddings: np.ndarray
    text_vector: np.ndarray
    unreadable: list[UnreadableSpan]


class EntityModel:
    """Backbone, projection and span head, ready to run. Safe to use from several threads."""

    def __init__(self, spec: ModelSpec, encoder: TextEncoder, projection: Projection, head: SpanHead) -> None:
        self.spec = spec
        self.encoder = encoder
        self.projection = projection
        self.head = head
        self._lock = threading.Lock()  # two passes at once are slower than one after the other
        if projection.dimension != spec.dimension:
            raise ModelError(f"{spec.name}: projection has {projection.dimension} dimensions, not {spec.dimension}")

    @property
    def precision(self) -> str:
        """Number format of the backbone: ``float32`` or ``bfloat16``."""
        return str(self.encoder.backbone.dtype).removeprefix("torch.")

    def encode(self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]] | None]) -> list[EncodedDocument]:
        """Find mentions where ``spans`` has None, and embed all mentions, in one pass."""
        with self._lock:
            encoded = self.encoder.encode(texts, spans, self.head)
            vectors = np.concatenate([one.vectors for one in encoded]) if encoded else np.zeros((0, 1))
            embeddings = self._project(vectors)
        bounds = np.cumsum([0, *(len(one.spans) for one in encoded)])
        return [
            EncodedDocument(one.spans, embeddings[first:stop], _unit(one.text_vector), one.unreadable)
            for one, first, stop in zip(encoded, bounds, bounds[1:], strict=False)
        ]

    def encode_types(self, entity_types: Sequence[str]) -> np.ndarray:
        """Embed type descriptions: ``[n, 500]`` float32, unit length."""
        with self._lock:
            return self._project(self.encoder.encode_types(entity_types))

    @torch.inference_mode()
    def _project(self, vectors: np.ndarray) -> np.ndarray:
        if not len(vectors):
            return np.zeros((0, self.spec.dimension), dtype=np.float32)
        projected: np.ndarray = self.projection(torch.from_numpy(vectors)).numpy()
        return projected


@lru_cache(maxsize=4)
def load_model(spec: ModelSpec, backbone: str | Path | None = None, precision: str | None = None) -> EntityModel:
    """Load a model, once a process for the same arguments.

    Args:
        spec: Which one.
        backbone: Folder of the backbone's files; see `backbone_folder`.
        precision: See `choose_precision`.

    Raises:
        ModelError: Files are missing, damaged or not the right ones.
    """
    folder = backbone_folder(spec, backbone)
    cut = load_backbone(folder, spec.tap, state_blocks=spec.state_blocks, dtype=choose_precision(precision))
    encoder = TextEncoder(cut, AutoTokenizer.from_pretrained(folder))
    projection = Projection.load(spec.weights / PROJECTION_FILE)
    return EntityModel(spec, encoder, projection, SpanHead.load(spec.weights / SPAN_HEAD_FILE))


def _unit(vector: np.ndarray) -> np.ndarray:
    length = float(np.sqrt(vector @ vector))
    return vector / length if length else vector
