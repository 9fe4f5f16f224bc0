"""Dense retrieval: one vector a document, from the backbone's published sentence pooling.

It reads what sentence-transformers reads (`1_Pooling/config.json`, `sentence_bert_config.json`)
and gives the same vectors, without depending on it. Texts are cut at the published length, as the
published model does; the index itself never truncates.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer, PreTrainedModel
from transformers.utils.hub import cached_file

from nerret_tools.errors import ModelError
from nerret_tools.lab.evaluation.baselines.order import best_first

BATCH_SIZE = 64
"""Texts a forward pass; sorted by length, so that little of it is padding."""


class SentenceEncoder:
    """Mean of the last block's outputs over the text's tokens, scaled to unit length.

    Args:
        model: The complete backbone, in evaluation mode.
        tokenizer: Its tokenizer.
        max_tokens: Texts are cut there, special tokens included.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: Any, max_tokens: int) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens

    @classmethod
    def load(cls, backbone: str | Path) -> SentenceEncoder:
        """Load a sentence-transformers model by its folder or its name on the hub, in float32.

        Raises:
            ModelError: It cannot be read, or does not publish mean pooling.
        """
        pooling = _published(backbone, "1_Pooling/config.json")
        if not pooling.get("pooling_mode_mean_tokens", pooling.get("pooling_mode") == "mean"):
            raise ModelError(f"{backbone} does not publish mean pooling; leave the dense baseline out for this model")
        max_tokens = _published(backbone, "sentence_bert_config.json").get("max_seq_length")
        try:
            model = AutoModel.from_pretrained(backbone, dtype=torch.float32)
            tokenizer = AutoTokenizer.from_pretrained(backbone)
        except (OSError, ValueError) as error:
            raise ModelError(f"the backbone at {backbone} cannot be loaded: {error}") from error
        return cls(model, tokenizer, int(max_tokens or model.config.max_position_embeddings))

    @torch.inference_mode()
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit-length vectors ``[texts, d]``, in the order of ``texts``."""
        vectors = np.zeros((len(texts), int(self._model.config.hidden_size)), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        for first in range(0, len(order), BATCH_SIZE):
            places = order[first : first + BATCH_SIZE]
            batch = self._tokenizer(
                [texts[place] for place in places],
                padding=True,
                truncation=True,
                max_length=self._max_tokens,
                return_tensors="pt",
            )
            states = self._model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1).to(states.dtype)
            means = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1e-9)
            vectors[places] = torch.nn.functional.normalize(means, dim=-1).numpy()
        return vectors


def rank_by_vectors(
    encoder: SentenceEncoder, ids: Sequence[str], texts: Sequence[str], queries: Sequence[str]
) -> list[list[str]]:
    """Rank all documents by the cosine with each query, ties in order of id."""
    scores = encoder.encode(queries) @ encoder.encode(texts).T
    return [best_first(ids, row) for row in scores]


def _published(backbone: str | Path, name: str) -> dict[str, Any]:
    """One of the files that sentence-transformers publishes beside the weights."""
    try:
        content = json.loads(Path(str(cached_file(str(backbone), name))).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{backbone} has no readable {name}, so it publishes no sentence pooling; "
            "leave the dense baseline out for this model"
        ) from error
    return dict(content)
