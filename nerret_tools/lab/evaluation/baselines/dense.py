"""Dense retrieval: one vector a document, from the backbone as its authors publish it, by sentence-transformers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerret_tools.errors import ModelError
from nerret_tools.extras import extra_package
from nerret_tools.lab.evaluation.baselines.order import best_first


class SentenceEncoder:
    """The published sentence embeddings of a backbone; texts are cut at the published length.

    Args:
        model: A `sentence_transformers.SentenceTransformer`.
    """

    def __init__(self, model: Any) -> None:
        self._model = model

    @classmethod
    def load(cls, backbone: str | Path) -> SentenceEncoder:
        """Load a sentence-transformers model by its folder or its name on the hub, in float32.

        Raises:
            MissingExtraError: sentence-transformers is not installed.
            ModelError: It cannot be read, or publishes no sentence pooling.
        """
        package = extra_package("sentence_transformers", "the dense baseline", "evaluation")
        hub = extra_package("transformers.utils.hub", "the dense baseline", "evaluation")
        try:
            hub.cached_file(str(backbone), "1_Pooling/config.json")  # without it, the library would make up a pooling
            return cls(package.SentenceTransformer(str(backbone), device="cpu"))
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{backbone} publishes no sentence pooling that can be read; "
                f"leave the dense baseline out for this model ({error})"
            ) from error

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit-length vectors ``[texts, d]``, in the order of ``texts``."""
        vectors: NDArray[np.float32] = self._model.encode(
            list(texts), normalize_embeddings=True, show_progress_bar=False
        )
        return vectors


def rank_by_vectors(
    encoder: SentenceEncoder, ids: Sequence[str], texts: Sequence[str], queries: Sequence[str]
) -> list[list[str]]:
    """Rank all documents by the cosine with each query, ties in order of id."""
    scores = encoder.encode(queries) @ encoder.encode(texts).T
    return [best_first(ids, row) for row in scores]
