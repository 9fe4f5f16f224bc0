"""Long texts in overlapping windows, and which window a span is read from."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
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

    Args:
        text: The text.
        encoding: What the tokenizer made of it.
        own_words: Whether the tokenizer's own units are words: split at white space and at
            punctuation, as BERT's are. Where not, words are found in the text: byte-level
            tokenizers put ``-Luc`` and ``(Oslo`` in one unit, others a whole text.
        places: Where the characters that the tokenizer read are in the text, see `Folding`; None
            where it read the text as it is.

    Attributes:
        text: The text.
        ids: Token ids.
    """

    def __init__(
        self, text: str, encoding: Encoding, *, own_words: bool = True, places: np.ndarray | None = None
    ) -> None:
        self.text = text
        self._places = places
        self.ids: list[int] = encoding.ids
        self._encoding = encoding
        self._own_words = own_words

    @cached_property
    def _offsets(self) -> np.ndarray:
        """Places without the white space around, which byte-level tokens carry with them."""
        offsets = np.array(self._encoding.offsets, dtype=np.int64).reshape(-1, 2)
        if self._places is not None:
            offsets = np.stack([self._places[offsets[:, 0]], self._places[offsets[:, 1] - 1] + 1], axis=1)
        return offsets if self._own_words else _without_space(self.text, offsets)

    @cached_property
    def _bounds(self) -> tuple[list[int], list[int]]:
        """Starts and ends, to look one up at a time."""
        return self.starts.tolist(), self.ends.tolist()

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

        A word is a run of letters and digits, or one token of something else.
        """
        if self._own_words:
            return np.array([-1 if word is None else word for word in self._encoding.word_ids], dtype=np.int64)
        return _words_in(self.text, self._offsets)

    def tokens_of(self, start: int, end: int) -> tuple[int, int] | None:
        """Tokens ``[first, last + 1)`` that overlap characters ``[start, end)``; None: no token does."""
        starts, ends = self._bounds
        first, stop = bisect_right(ends, start), bisect_left(starts, end)
        while first < stop and starts[first] == ends[first]:  # white space at the edges
            first += 1
        while first < stop and starts[stop - 1] == ends[stop - 1]:
            stop -= 1
        return (first, stop) if first < stop else None

    def span_of(self, first: int, stop: int) -> tuple[int, int]:
        """Characters ``[start, end)`` of tokens ``[first, stop)``.

        A mark that shares the first token with the letters after it is left out, ``(`` of ``(Oslo``;
        accents behind the last letter belong to it, though tokenizers leave them out.
        """
        starts, ends = self._bounds
        start, end = starts[first], ends[stop - 1]
        if not self._own_words:
            places = range(start, ends[first])
            start = next((place for place in places if _is_letter(self.text[place])), start)
        while end < len(self.text) and unicodedata.category(self.text[end])[0] == "M":
            end += 1
        return start, end


def _without_space(text: str, offsets: np.ndarray) -> np.ndarray:
    """Move starts and ends of tokens past white space; a token of nothing else is empty, at its end."""
    space = np.array([character.isspace() for character in text] + [False])
    places = np.arange(len(space))
    following = np.minimum.accumulate(np.where(space, len(text), places)[::-1])[::-1]  # next that is no space
    before = np.maximum.accumulate(np.concatenate([[0], np.where(space[:-1], 0, places[:-1] + 1)]))
    starts = np.minimum(following[offsets[:, 0]], offsets[:, 1])
    ends = np.maximum(before[offsets[:, 1]], starts)
    return np.stack([starts, ends], axis=1)


def _words_in(text: str, offsets: np.ndarray) -> np.ndarray:
    """Number words by what the characters are: see `TokenizedText.words`."""
    words = np.zeros(len(offsets), dtype=np.int64)
    number, last_end, last_letter, after_space = -1, -1, False, False
    for row, (start, end) in enumerate(offsets.tolist()):
        space = start == end  # white space goes with the word after it
        part = not space and start < last_end  # one character in several tokens
        joined = not space and last_letter and start == last_end and _is_letter(text[start])
        number += not (after_space or part or joined)
        words[row] = number
        last_end, last_letter, after_space = end, not space and _is_letter(text[end - 1]), space
    return words


def _is_letter(character: str) -> bool:
    """Whether it belongs to words: a letter, a digit, or an accent over one."""
    return unicodedata.category(character)[0] in "LNM"


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
