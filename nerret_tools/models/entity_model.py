"""A loaded model: texts in, mentions with embeddings out; types in, query embeddings out."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from nerret_tools.detection.span_head import SpanHead
from nerret_tools.encoding.encoder import SpanProposer, TextEncoder
from nerret_tools.encoding.pieces import UnreadableSpan
from nerret_tools.encoding.projection import Projection
from nerret_tools.errors import ModelError
from nerret_tools.models.encoders import load_encoder
from nerret_tools.models.spec import CONTEXT_FILE, PROJECTION_FILE, SPAN_HEAD_FILE, ModelSpec


@dataclass(frozen=True)
class EncodedDocument:
    """A document's mentions.

    Attributes:
        spans: Character offsets ``[n, 2]`` int64, sorted.
        embeddings: Unit length, ``[n, 500]`` float32.
        unreadable: Given spans without a vector.
    """

    spans: np.ndarray
    embeddings: np.ndarray
    unreadable: list[UnreadableSpan]


class EntityModel:
    """Backbone, projection and, where there is one, span head, ready to run. Safe to use from several threads."""

    def __init__(
        self,
        spec: ModelSpec,
        encoder: TextEncoder,
        projection: Projection,
        head: SpanHead | None = None,
        context: Projection | None = None,
    ) -> None:
        self.spec = spec
        self.encoder = encoder
        self.projection = projection
        self.head = head
        self.context = context
        self._lock = threading.Lock()  # two passes at once are slower than one after the other
        found = (projection.dimension, 0 if context is None else context.dimension)
        if found != (spec.dimension - spec.context_dimension, spec.context_dimension):
            raise ModelError(
                f"{spec.name}: projection and context head have {found[0]} and {found[1]} dimensions, not "
                f"{spec.dimension - spec.context_dimension} and {spec.context_dimension}"
            )

    @property
    def precision(self) -> str:
        """Number format of the backbone: ``float32`` or ``bfloat16``; of what is not quantized in it."""
        return str(self.encoder.backbone.dtype).removeprefix("torch.")

    def encode(
        self,
        texts: Sequence[str],
        spans: Sequence[Sequence[tuple[int, int]] | None],
        proposer: SpanProposer | None = None,
    ) -> list[EncodedDocument]:
        """Find mentions where ``spans`` has None, and embed all mentions, in one pass.

        ``proposer`` finds them in place of the span head. Without either none are found.
        """
        with self._lock:
            encoded = self.encoder.encode(texts, spans, proposer or self.head)
            read = [one for one in encoded if len(one.spans)]
            embeddings = self._embed(
                np.concatenate([one.vectors for one in read]) if read else np.zeros((0, 1)),
                np.concatenate([one.contexts for one in read]) if read else np.zeros((0, 1)),
            )
        bounds = np.cumsum([0, *(len(one.spans) for one in encoded)])
        return [
            EncodedDocument(one.spans, embeddings[first:stop], one.unreadable)
            for one, first, stop in zip(encoded, bounds, bounds[1:], strict=False)
        ]

    def encode_types(self, entity_types: Sequence[str]) -> np.ndarray:
        """Embed type descriptions: ``[n, 500]`` float32, unit length.

        A description is its own context.
        """
        with self._lock:
            vectors = self.encoder.encode_types(entity_types)
            return self._embed(vectors, vectors)

    @torch.inference_mode()
    def _embed(self, vectors: np.ndarray, contexts: np.ndarray) -> np.ndarray:
        """Unit-length embeddings.

        With a context head their cosine is the weighted mean of the cosines of both parts.
        """
        if not len(vectors):
            return np.zeros((0, self.spec.dimension), dtype=np.float32)
        device = self.projection.center.device
        parts = self.projection(torch.from_numpy(vectors).to(device))
        if self.context is not None:
            around = self.context(torch.from_numpy(contexts).to(device))
            weight = self.spec.context_weight
            parts = torch.cat([parts * (1 - weight) ** 0.5, around * weight**0.5], dim=1)
        embeddings: np.ndarray = parts.cpu().numpy()
        return embeddings


@lru_cache(maxsize=4)
def load_model(
    spec: ModelSpec, backbone: str | Path | None = None, precision: str | None = None, device: str | None = None
) -> EntityModel:
    """Load a model, once a process for the same arguments.

    Args:
        spec: Which one.
        backbone: Folder of the backbone's files; see `backbone_folder`.
        precision: See `load_encoder`.
        device: See `choose_devices`.

    Raises:
        ModelError: Files are missing, damaged or not the right ones.
    """
    projection = Projection.load(spec.weights / PROJECTION_FILE)
    head = SpanHead.load(spec.weights / SPAN_HEAD_FILE) if spec.has_span_head else None
    context = Projection.load(spec.weights / CONTEXT_FILE) if spec.context_dimension else None
    encoder = load_encoder(spec, backbone, precision, device)
    place = encoder.backbone.device
    return EntityModel(
        spec,
        encoder,
        projection.to(place),
        None if head is None else head.to(place),
        None if context is None else context.to(place),
    )
