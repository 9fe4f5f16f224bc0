"""A detector that lets a causal language model copy the text and mark the names in it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import torch

from nerret_tools.archetypes.language_model import load_causal
from nerret_tools.archetypes.marked_text import MARK, Unaligned, align_marked

logger = logging.getLogger(__name__)

ROOM = 32  # tokens an answer may be longer than the text, for the marks
INSTRUCTION = (
    f"Copy the text and put {MARK} before and after every name of an entity, such as a person, a place, an "
    f"organization or a work.\nText: Ada Lovelace was born in London.\nCopy: {MARK}Ada Lovelace{MARK} was born in "
    f"{MARK}London{MARK}.\nText: "
)


class GenerativeDetector:
    """Marks spans as CascadeNER does; usable as anchor or explorer of a `ConsensusDetector`.

    Args:
        model: A folder or a name on the hub.
        device: Where it runs.

    Attributes:
        name: See `Detector`.
        unaligned: Marked pieces of the last `detect` that have no place in their text, by text number.

    Raises:
        ModelNotFoundError: The weights cannot be loaded.
    """

    def __init__(self, model: str | Path, *, device: str = "cpu") -> None:
        self._model, self._tokenizer = load_causal(model)
        self._model.to(device)
        self.name = f"generative:{model}"
        self.unaligned: dict[int, list[Unaligned]] = {}

    def detect(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return the spans of each text, sorted; what could not be aligned is kept in ``unaligned``."""
        self.unaligned = {}
        found = []
        for number, text in enumerate(texts):
            marked = align_marked(text, self._copy(text))
            if marked.unaligned:
                self.unaligned[number] = marked.unaligned
                logger.warning("text %d: %d marked pieces are not in it", number, len(marked.unaligned))
            found.append(marked.spans)
        return found

    @torch.inference_mode()
    def _copy(self, text: str) -> str:
        line = " ".join(text.split())
        asked = f"{INSTRUCTION}{line}\nCopy:"
        inputs = self._tokenizer(asked, return_tensors="pt", add_special_tokens=False).to(self._model.device)
        longest = 2 * len(self._tokenizer(line, add_special_tokens=False)["input_ids"]) + ROOM
        pad = self._tokenizer.pad_token_id if self._tokenizer.pad_token_id is not None else self._tokenizer.eos_token_id
        made = self._model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            max_new_tokens=longest,
            do_sample=False,
            pad_token_id=pad,
        )
        answer = self._tokenizer.decode(made[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        return str(answer).split("\nText:", 1)[0]
