"""A frozen causal language model on this machine as scorer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from nerret_tools.archetypes.scorer import Question, options, prompt
from nerret_tools.errors import ModelNotFoundError

BATCH_TOKENS = 4096  # padded tokens a pass


class CausalScorer:
    """Compares the probabilities that a causal language model, a folder or a name on the hub, gives to types' names.

    Nothing is generated and nothing is parsed: each candidate is scored as the continuation of
    the question, by the mean log-probability of its tokens, and a softmax over the candidates
    and "none of these" makes probabilities of them.

    Raises:
        ModelNotFoundError: The weights cannot be loaded.
    """

    def __init__(self, model: str | Path, *, device: str = "cpu") -> None:
        self._model, self._tokenizer = load_causal(model)
        self._model.to(device)

    def choose(self, questions: Sequence[Question]) -> list[np.ndarray | None]:
        """See `TypeScorer.choose`."""
        pairs: list[tuple[list[int], list[int]]] = []
        for question in questions:
            before = self._ids(self._asked(prompt(question)))
            pairs += [(before, self._ids(" " + option)) for option in options(question)]
        scores = self._mean_log_probabilities(pairs)
        answers: list[np.ndarray | None] = []
        first = 0
        for question in questions:
            values = scores[first : first + len(question.candidates) + 1]
            first += len(values)
            shares = np.exp(values - values.max())
            answers.append(shares / shares.sum())
        return answers

    def _asked(self, text: str) -> str:
        if not self._tokenizer.chat_template:
            return text
        message = [{"role": "user", "content": text}]
        return str(self._tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True))

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    @torch.inference_mode()
    def _mean_log_probabilities(self, pairs: Sequence[tuple[list[int], list[int]]]) -> np.ndarray:
        """Of the second part of each pair, given the first, ``[n]``."""
        limit = int(getattr(self._model.config, "max_position_embeddings", None) or 10**6)
        found = np.zeros(len(pairs))
        for rows in _batches([min(limit, len(before) + len(after)) for before, after in pairs]):
            sequences = [(pairs[row][0] + pairs[row][1])[-limit:] for row in rows]
            width = max(map(len, sequences))
            ids = torch.zeros(len(rows), width, dtype=torch.long)
            mask = torch.zeros_like(ids)
            for place, sequence in enumerate(sequences):
                ids[place, : len(sequence)] = torch.tensor(sequence)
                mask[place, : len(sequence)] = 1
            device = self._model.device
            logits: Tensor = self._model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits
            for place, row in enumerate(rows):
                end, count = len(sequences[place]), len(pairs[row][1])
                rated = logits[place, end - count - 1 : end - 1].float().log_softmax(dim=-1).cpu()
                found[row] = rated.gather(1, ids[place, end - count : end].unsqueeze(1)).mean().item()
        return found


def load_causal(model: str | Path) -> tuple[Any, PreTrainedTokenizerBase]:
    """Load a causal language model and its tokenizer, frozen.

    Raises:
        ModelNotFoundError: They cannot be loaded.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(model)
        loaded = AutoModelForCausalLM.from_pretrained(model)
    except (OSError, ValueError) as error:
        raise ModelNotFoundError(f"the causal language model {model} cannot be loaded: {error}") from error
    loaded.requires_grad_(False)
    loaded.train(False)
    return loaded, tokenizer


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda one: -lengths[one]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
