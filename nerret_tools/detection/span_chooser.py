"""From probabilities of spans to proposals: what the span head does in torch and in NumPy alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from nerret_tools.detection.word_shapes import word_shapes
from nerret_tools.encoding.sentences import LINE_BREAK

MAX_WORDS = 14  # longest span, in the tokenizer's words; 99.8% of the gold spans in training are shorter


class TokenView(Protocol):
    """A text as tokens: what the head needs to know beside the states."""

    text: str

    @property
    def starts(self) -> np.ndarray:
        """Character where each token starts."""

    @property
    def ends(self) -> np.ndarray:
        """Character where each token ends."""

    @property
    def words(self) -> np.ndarray:
        """Number of the word that each token belongs to."""


class Range(Protocol):
    """Tokens ``[start, end)`` of a text."""

    @property
    def start(self) -> int:
        """First token."""

    @property
    def end(self) -> int:
        """One past the last token."""


Windows = Sequence[tuple[TokenView, Range]]


@dataclass(frozen=True)
class WordLayout:
    """Where the words of a batch of windows are.

    Attributes:
        bounds: For each window the first token of each of its words, then the token count, ``[n_words + 1]``.
        shapes: Letter case, ``[n_windows, longest]``.
        lengths: Tokens of each word, ``[n_windows, longest]``.
        rows: Window of each token, ``[n_tokens]``, in order.
        columns: Place of each token in its window, ``[n_tokens]``.
    """

    bounds: list[np.ndarray]
    shapes: np.ndarray
    lengths: np.ndarray
    rows: np.ndarray
    columns: np.ndarray

    @property
    def mask(self) -> np.ndarray:
        """True where there is a word; and at each window's first place, since attention needs something."""
        mask: np.ndarray = self.lengths > 0
        mask[:, 0] = True
        return mask


def lay_out(windows: Windows) -> WordLayout:
    """Find the words of windows."""
    bounds = [_word_bounds(text.words[window.start : window.end]) for text, window in windows]
    longest = max(1, *(len(bound) - 1 for bound in bounds))
    shapes = np.zeros((len(windows), longest), dtype=np.int64)
    lengths = np.zeros((len(windows), longest), dtype=np.int64)
    counts = np.array([bound[-1] for bound in bounds])
    for row, ((text, window), bound) in enumerate(zip(windows, bounds, strict=True)):
        count = len(bound) - 1
        firsts, lasts = bound[:-1] + window.start, bound[1:] + window.start - 1
        shapes[row, :count] = word_shapes(text.text, text.starts[firsts], text.ends[lasts])
        lengths[row, :count] = np.diff(bound)
    rows = np.repeat(np.arange(len(windows)), counts)
    columns = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return WordLayout(bounds, shapes, lengths, rows, columns)


class SpanChooser(ABC):
    """Scores every run of at most `MAX_WORDS` words as a mention, and proposes the likely ones.

    Attributes:
        threshold: Probability over which a span is proposed. Low: a false span costs a vector,
            a missed one its document.
        overlap_threshold: The same where it overlaps a likelier one: a name inside a name, or
            the same name cut otherwise.
    """

    threshold: float
    overlap_threshold: float

    @abstractmethod
    def probabilities(self, states: Any, layout: WordLayout) -> np.ndarray:
        """Return how likely spans are mentions, ``[n_windows, longest, MAX_WORDS]``: first word and length - 1."""

    def propose(self, states: Any, windows: Windows) -> list[np.ndarray]:
        """Return token spans ``[n, 2]`` of each window, counted from its first token."""
        proposals = []
        for bound, values in self._likely(states, windows):
            chosen = self._choose(values)
            proposals.append(np.stack([bound[chosen[:, 0]], bound[chosen[:, 1]]], axis=1))
        return proposals

    def scored(self, states: Any, windows: Windows, floor: float) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return all token spans ``[n, 2]`` of each window over a probability, and the probabilities ``[n]``.

        Overlapping ones too: the choice among them is the caller's.
        """
        found = []
        for bound, values in self._likely(states, windows):
            firsts, lengths = np.nonzero(values > floor)
            spans = np.stack([bound[firsts], bound[firsts + lengths + 1]], axis=1)
            found.append((spans, values[firsts, lengths]))
        return found

    def _likely(self, states: Any, windows: Windows) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """For each window where its words begin, and the probabilities ``[n_words, MAX_WORDS]`` of its spans."""
        layout = lay_out(windows)
        probabilities = self.probabilities(states, layout)
        for values, bound, (text, window) in zip(probabilities, layout.bounds, windows, strict=True):
            own = values[: len(bound) - 1]
            if LINE_BREAK.search(text.text):
                own[_crosses_lines(text, window, bound)] = 0
            yield bound, own

    def _choose(self, probabilities: np.ndarray) -> np.ndarray:
        """Word spans ``[n, 2]``, likeliest first, from one window's ``[n_words, MAX_WORDS]``."""
        firsts, lengths = np.nonzero(probabilities > self.threshold)
        values = probabilities[firsts, lengths]
        order = np.argsort(-values, kind="stable")
        taken = np.zeros(len(probabilities), dtype=bool)
        chosen: list[tuple[int, int]] = []
        for first, length, value in zip(firsts[order], lengths[order], values[order], strict=True):
            inside = slice(first, first + length + 1)
            if value > self.overlap_threshold or not taken[inside].any():
                taken[inside] = True
                chosen.append((int(first), int(first + length + 1)))
        return np.array(chosen, dtype=np.int64).reshape(-1, 2)


def _word_bounds(words: np.ndarray) -> np.ndarray:
    """First token of each word, then the token count."""
    changes = np.flatnonzero(words[1:] != words[:-1]) + 1
    return np.concatenate([np.zeros(min(1, len(words)), dtype=np.int64), changes, [len(words)]])


def _crosses_lines(text: TokenView, window: Range, bound: np.ndarray) -> np.ndarray:
    """Which spans ``[n_words, MAX_WORDS]`` hold a line break: a name stands on one line."""
    firsts, lasts = bound[:-1] + window.start, bound[1:] + window.start - 1
    gaps = zip(text.ends[lasts[:-1]].tolist(), text.starts[firsts[1:]].tolist(), strict=True)
    lines = np.cumsum([0, *(LINE_BREAK.search(text.text, end, start) is not None for end, start in gaps)])
    rows = np.arange(len(firsts))
    last = np.minimum(rows[:, None] + np.arange(MAX_WORDS), len(rows) - 1)
    crosses: np.ndarray = lines[last] != lines[:, None]
    return crosses
