"""Long texts in overlapping windows, and which window a span is read from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from tokenizers import Encoding

from nerret_tools.errors import InputError


@dataclass(frozen=True)
class Window:
    """Tokens ``[start, end)`` of a text that go through the backbone together."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


class TokenizedText:
    """A text as tokens, without special ones, each with its place in the text.

    Attributes:
        text: The text.
        ids: Token ids.
    """

    def __init__(self, text: str, encoding: Encoding) -> None:
        self.text = text
        self.ids: list[int] = encoding.ids
        self._encoding = encoding

    @cached_property
    def _offsets(self) -> np.ndarray:
        return np.array(self._encoding.offsets, dtype=np.int64).reshape(-1, 2)

    @property
    def starts(self) -> np.ndarray:
        """Character where each token starts, ``[n_tokens]`` int64."""
        return self._offsets[:, 0]

    @property
    def ends(self) -> np.ndarray:
        """Character after each token, ``[n_tokens]`` int64."""
        return self._offsets[:, 1]

    @cached_property
    def words(self) -> np.ndarray:
        """Number of the word that each token belongs to, ``[n_tokens]`` int64.

        Words are the tokenizer's own units: split at white space and, for BERT, at punctuation.
        """
        return np.array([-1 if word is None else word for word in self._encoding.word_ids], dtype=np.int64)

    def tokens_of(self, start: int, end: int) -> tuple[int, int] | None:
        """Tokens ``[first, last + 1)`` that overlap characters ``[start, end)``; None: no token does."""
        first = int(np.searchsorted(self.ends, start, side="right"))
        stop = int(np.searchsorted(self.starts, end, side="left"))
        return (first, stop) if first < stop else None


def split_windows(token_count: int, size: int, overlap: int) -> list[Window]:
    """Cut ``token_count`` tokens into windows of at most ``size`` that share ``overlap`` tokens.

    Every run of at most ``overlap`` tokens lies whole in at least one window.

    Raises:
        InputError: The overlap does not leave room to move on.
    """
    if not 0 <= overlap < size:
        raise InputError(f"window overlap {overlap} must be at least 0 and below the window's {size} tokens")
    windows = [Window(0, min(size, token_count))]
    while windows[-1].end < token_count:
        start = windows[-1].start + size - overlap
        windows.append(Window(start, min(start + size, token_count)))
    return windows


def best_window(windows: list[Window], first: int, stop: int) -> int | None:
    """Return the window in which tokens ``[first, stop)`` have the most context on both sides.

    That is: the largest smaller side, the earlier window in a tie. None: none holds them whole.
    """
    best, best_context = None, -1
    for number, window in enumerate(windows):
        if window.start <= first and stop <= window.end:
            context = min(first - window.start, window.end - stop)
            if context > best_context:
                best, best_context = number, context
    return best
