"""A loaded model: texts in, mentions with embeddings out; types in, query embeddings out."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nerret_tools.detection.span_chooser import SpanChooser
from nerret_tools.encoding.encoder import SpanProposer, TextEncoder
from nerret_tools.encoding.pieces import EncodedText, UnreadableSpan
from nerret_tools.encoding.projector import Projector
from nerret_tools.errors import ModelError
from nerret_tools.models.spec import ModelSpec

ROWS = 4096  # mentions embedded at once: a long document has a hundred thousand


@dataclass(frozen=True)
class EncodedDocument:
    """A document's mentions."""

    spans: np.ndarray  # character offsets `[n, 2]` int64, sorted
    embeddings: np.ndarray  # unit length, `[n, dimension]` float32
    unreadable: list[UnreadableSpan]  # given spans without a vector
    noise: int = 0  # characters in which no mention was looked for, since they are no language


class EntityModel:
    """Backbone, projections of mention and context, and span head where there are any, ready to run.

    Safe to use from several threads.
    """

    def __init__(
        self,
        spec: ModelSpec,
        encoder: TextEncoder,
        projection: Projector,
        head: SpanChooser | None = None,
        context: Projector | None = None,
    ) -> None:
        self.spec = spec
        self.encoder = encoder
        self.projection = projection
        self.head = head
        self.context = context
        self._lock = threading.Lock()  # two passes at once are slower than one after the other
        found = (projection.dimension, 0 if context is None else context.dimension)
        if found != (spec.mention_dimension, spec.context_dimension):
            raise ModelError(
                f"{spec.name}: projection and context head have {found[0]} and {found[1]} dimensions, not "
                f"{spec.mention_dimension} and {spec.context_dimension}"
            )

    @property
    def precision(self) -> str:
        """Number format of the backbone: ``int8-onnx``, ``float32`` or ``bfloat16``; of what is not quantized in it."""
        return self.encoder.backend.precision

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
            read = _portions(encoded)
            embeddings = np.concatenate(
                [np.zeros((0, self.spec.dimension), np.float32), *(self._embed(*portion) for portion in read)]
            )
        bounds = np.cumsum([0, *(len(one.spans) for one in encoded)])
        return [
            EncodedDocument(one.spans, embeddings[first:stop], one.unreadable, one.noise)
            for one, first, stop in zip(encoded, bounds, bounds[1:], strict=False)
        ]

    def encode_types(self, entity_types: Sequence[str]) -> np.ndarray:
        """Embed type descriptions: ``[n, dimension]`` float32, unit length.

        A description is its own context.
        """
        with self._lock:
            vectors = self.encoder.encode_types(entity_types)
            return self._embed(vectors, vectors)

    def _embed(self, vectors: np.ndarray, contexts: np.ndarray) -> np.ndarray:
        """Unit-length embeddings, laid out as `ModelSpec.parts_of` takes them apart.

        With a context head their cosine is the weighted mean of the cosines of both parts.
        """
        if not len(vectors):
            return np.zeros((0, self.spec.dimension), dtype=np.float32)
        parts = self.projection(vectors)
        if self.context is not None:
            weight = self.spec.context_weight
            parts = np.concatenate([parts * (1 - weight) ** 0.5, self.context(contexts) * weight**0.5], axis=1)
        return np.asarray(parts, dtype=np.float32)


def _portions(encoded: Sequence[EncodedText]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Vectors and contexts of all mentions in their order, some `ROWS` at a time."""
    waiting: list[tuple[np.ndarray, np.ndarray]] = []
    count = 0
    for one in encoded:
        for first in range(0, len(one.spans), ROWS):
            waiting.append((one.vectors[first : first + ROWS], one.contexts[first : first + ROWS]))
            count += len(waiting[-1][0])
            if count >= ROWS:
                yield _joined(waiting)
                waiting, count = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([vectors for vectors, _ in parts]), np.concatenate([contexts for _, contexts in parts])
