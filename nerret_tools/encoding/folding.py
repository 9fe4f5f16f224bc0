"""Characters that a vocabulary of word pieces does not know: one of them would hide the whole word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import numpy as np

_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\ufffd"
_SYMBOLS = ("So", "Sk", "Sm", "Sc")
_RAISED = ("<super>", "<sub>")


class Folding:
    """Prepares texts for a tokenizer: symbols apart from letters, compatibility characters as plain ones.

    Ligatures, full-width letters, mathematical letters, superscripts and the like become what they stand
    for (NFKC, character by character). Symbols, and letters that the vocabulary lacks, get a space on
    either side.

    Args:
        unknown: Whether the vocabulary lacks a character.
    """

    def __init__(self, unknown: Callable[[str], bool]) -> None:
        self._unknown = unknown
        self._folded: dict[str, str] = {}

    def __call__(self, text: str) -> tuple[str, np.ndarray | None]:
        """Return the prepared text and, where its length changed, the place in ``text`` of each of its characters."""
        if text.isascii():
            return text, None
        text = without_surrogates(text)
        parts = [character if character.isascii() else self._fold(character) for character in text]
        folded = "".join(parts)
        if len(folded) == len(text):
            return folded, None
        return folded, np.repeat(np.arange(len(text)), [len(part) for part in parts])

    def _fold(self, character: str) -> str:
        found = self._folded.get(character)
        if found is None:
            found = self._folded[character] = self._folded_as(character)
        return found

    def _folded_as(self, character: str) -> str:
        plain = unicodedata.normalize("NFKC", character).strip() or character
        category = unicodedata.category(character)
        number = category == "No" and not unicodedata.decomposition(character).startswith(_RAISED)
        if category in _SYMBOLS or number or (character.isprintable() and self._unknown(plain)):
            return f" {plain} "
        return plain


def without_surrogates(text: str) -> str:
    """Replace lone surrogates, which are no text, by the character for what cannot be read."""
    return _SURROGATE.sub(_REPLACEMENT, text)
