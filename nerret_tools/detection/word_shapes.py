"""Letter case as a feature: an uncased backbone does not see it, the span head may."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

UNKNOWN, LOWER, TITLE, UPPER, MIXED, DIGITS, PUNCTUATION, CASELESS = range(8)
SHAPE_COUNT = 8


def word_shapes(text: str, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return one shape a word, ``[n_words]`` int64, for words at characters ``[start, end)``.

    A text without any capital letter says nothing by its case: its words get UNKNOWN.
    """
    if not any(character.isupper() for character in text):
        return np.full(len(starts), UNKNOWN, dtype=np.int64)
    pairs = zip(starts.tolist(), ends.tolist(), strict=True)
    return np.array([_shape(text[start:end]) for start, end in pairs], dtype=np.int64)


@lru_cache(maxsize=2**16)
def _shape(word: str) -> int:
    if word.isdigit():
        return DIGITS
    if not any(character.isalnum() for character in word):
        return PUNCTUATION
    if word.islower():
        return LOWER
    if word.isupper():
        return TITLE if len(word) == 1 else UPPER
    if word.istitle():
        return TITLE
    return MIXED if any(character.isupper() for character in word) else CASELESS
