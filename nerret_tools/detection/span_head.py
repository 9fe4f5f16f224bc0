"""The span head: mentions from the hidden states of the pass that also makes the vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from nerret_tools.detection.word_shapes import SHAPE_COUNT, word_shapes
from nerret_tools.encoding.sentences import LINE_BREAK
from nerret_tools.errors import ModelError

WIDTH = 256  # of the head's own states
HEADS = 4
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


class SpanHead(nn.Module):
    """Scores every run of at most `MAX_WORDS` words as a mention.

    A word is the mean of its tokens' states with an embedding of its letter case, one small
    transformer layer mixes the words, and a span is scored from its first word, its last word,
    the words between and its length.

    Args:
        state_dimension: Width of the states that go in.
        threshold: Probability over which a span is proposed. Low: a false span costs a vector,
            a missed one its document.
        overlap_threshold: The same where it overlaps a likelier one: a name inside a name, or
            the same name cut otherwise.
    """

    def __init__(self, state_dimension: int, threshold: float = 0.5, overlap_threshold: float = 0.5) -> None:
        super().__init__()
        self.threshold = threshold
        self.overlap_threshold = overlap_threshold
        self.entry = nn.Linear(state_dimension, WIDTH)
        self.entry_norm = nn.LayerNorm(WIDTH)
        self.shape = nn.Embedding(SHAPE_COUNT, WIDTH)
        self.mixer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, dim_feedforward=2 * WIDTH, dropout=0.1, activation="gelu", batch_first=True
        )
        self.first = nn.Linear(WIDTH, WIDTH)
        self.last = nn.Linear(WIDTH, WIDTH)
        self.alone = nn.Linear(WIDTH, 3)  # how well a word begins, ends, and lies inside a mention
        self.length = nn.Parameter(torch.zeros(MAX_WORDS))

    @property
    def state_dimension(self) -> int:
        """Width of the states that go in."""
        return self.entry.in_features

    def forward(self, words: Tensor, shapes: Tensor, mask: Tensor) -> Tensor:
        """Score spans.

        Args:
            words: Mean state of each word, ``[batch, n_words, state_dimension]``.
            shapes: Letter case, ``[batch, n_words]``.
            mask: True where there is a word, ``[batch, n_words]``.

        Returns:
            Logits ``[batch, n_words, MAX_WORDS]``: first word and length - 1. Spans that run
            past the end are minus infinity.
        """
        mixed = self.entry_norm(self.entry(words) + self.shape(shapes))
        mixed = self.mixer(mixed, src_key_padding_mask=~mask)
        count = mixed.shape[1]
        lengths = torch.arange(MAX_WORDS, device=mixed.device)
        ends = torch.arange(count, device=mixed.device).unsqueeze(1) + lengths  # [n_words, MAX_WORDS]
        last = ends.clamp(max=count - 1)
        pairs = self.first(mixed) @ self.last(mixed).transpose(1, 2) / WIDTH**0.5
        begins, stops, inside = self.alone(mixed).unbind(dim=-1)
        totals = F.pad(inside.cumsum(dim=1), (1, 0))
        means = (totals[:, last + 1] - totals[:, :count].unsqueeze(2)) / (lengths + 1)
        firsts = torch.arange(count, device=mixed.device).unsqueeze(1)
        logits: Tensor = pairs[:, firsts, last] + begins.unsqueeze(2) + stops[:, last] + means + self.length
        real = (ends < count).unsqueeze(0) & mask[:, last]
        return logits.masked_fill(~real, -torch.inf)

    def word_states(
        self, states: Tensor, windows: Sequence[tuple[TokenView, Range]]
    ) -> tuple[Tensor, Tensor, Tensor, list[np.ndarray]]:
        """Gather words from tokens.

        Returns:
            The three arguments of `forward`, and for each window the first token of each of its
            words followed by the token count, ``[n_words + 1]``.
        """
        bounds = [_word_bounds(text.words[window.start : window.end]) for text, window in windows]
        longest = max(1, *(len(bound) - 1 for bound in bounds))
        shapes = np.zeros((len(windows), longest), dtype=np.int64)
        lengths = np.zeros((len(windows), longest), dtype=np.int64)  # tokens of each word
        token_counts = np.array([bound[-1] for bound in bounds])
        for row, ((text, window), bound) in enumerate(zip(windows, bounds, strict=True)):
            count = len(bound) - 1
            firsts, lasts = bound[:-1] + window.start, bound[1:] + window.start - 1
            shapes[row, :count] = word_shapes(text.text, text.starts[firsts], text.ends[lasts])
            lengths[row, :count] = np.diff(bound)
        # One gather and one sum for the whole batch: many small ones would cost more than the backbone.
        place = states.device
        owner = torch.from_numpy(np.repeat(np.arange(lengths.size), lengths.ravel())).to(place)
        rows = np.repeat(np.arange(len(windows)), token_counts)
        columns = np.arange(len(rows)) - np.repeat(np.cumsum(token_counts) - token_counts, token_counts)
        tokens = states[torch.from_numpy(rows).to(place), torch.from_numpy(columns).to(place)].float()
        totals = torch.zeros(lengths.size, states.shape[-1], device=place).index_add_(0, owner, tokens)
        words = (totals / torch.from_numpy(lengths).to(place).clamp(min=1).view(-1, 1)).view(*lengths.shape, -1)
        mask = lengths > 0
        mask[:, 0] = True  # attention over no word at all would be undefined
        device = self.length.device
        return words.to(device), torch.from_numpy(shapes).to(device), torch.from_numpy(mask).to(device), bounds

    @torch.inference_mode()
    def propose(self, states: Tensor, windows: Sequence[tuple[TokenView, Range]]) -> list[np.ndarray]:
        """Return token spans ``[n, 2]`` of each window, counted from its first token."""
        proposals = []
        for bound, values in self._probabilities(states, windows):
            chosen = self._choose(values)
            proposals.append(np.stack([bound[chosen[:, 0]], bound[chosen[:, 1]]], axis=1))
        return proposals

    @torch.inference_mode()
    def scored(
        self, states: Tensor, windows: Sequence[tuple[TokenView, Range]], floor: float
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return all token spans ``[n, 2]`` of each window over a probability, and the probabilities ``[n]``.

        Overlapping ones too: the choice among them is the caller's.
        """
        found = []
        for bound, values in self._probabilities(states, windows):
            firsts, lengths = np.nonzero(values > floor)
            spans = np.stack([bound[firsts], bound[firsts + lengths + 1]], axis=1)
            found.append((spans, values[firsts, lengths]))
        return found

    def _probabilities(
        self, states: Tensor, windows: Sequence[tuple[TokenView, Range]]
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """For each window where its words begin, and the probabilities ``[n_words, MAX_WORDS]`` of its spans."""
        words, shapes, mask, bounds = self.word_states(states, windows)
        probabilities = self(words, shapes, mask).sigmoid().float().cpu().numpy()
        for values, bound, (text, window) in zip(probabilities, bounds, windows, strict=True):
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

    def save(self, path: Path) -> None:
        """Write weights and thresholds as safetensors."""
        thresholds = {"threshold": repr(self.threshold), "overlap_threshold": repr(self.overlap_threshold)}
        save_file(self.state_dict(), path, metadata=thresholds)

    @classmethod
    def load(cls, path: Path) -> SpanHead:
        """Read what `save` wrote, ready for inference.

        Raises:
            ModelError: The file is missing, damaged, or holds something else.
        """
        try:
            with safe_open(path, framework="pt") as file:
                weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
                metadata = file.metadata() or {}
            width = weights["entry.weight"].shape[1]
            head = cls(width, float(metadata["threshold"]), float(metadata["overlap_threshold"]))
            head.load_state_dict(weights)
        except (OSError, SafetensorError, KeyError, RuntimeError) as error:
            raise ModelError(f"{path} is not a span head that can be read: {error}") from error
        return head.eval()


def _word_bounds(words: np.ndarray) -> np.ndarray:
    """First token of each word, then the token count."""
    changes = np.flatnonzero(np.diff(words, prepend=-2)) if len(words) else np.zeros(0, dtype=np.int64)
    return np.append(changes, len(words)).astype(np.int64)


def _crosses_lines(text: TokenView, window: Range, bound: np.ndarray) -> np.ndarray:
    """Which spans ``[n_words, MAX_WORDS]`` hold a line break: a name stands on one line."""
    firsts, lasts = bound[:-1] + window.start, bound[1:] + window.start - 1
    gaps = zip(text.ends[lasts[:-1]].tolist(), text.starts[firsts[1:]].tolist(), strict=True)
    lines = np.cumsum([0, *(LINE_BREAK.search(text.text, end, start) is not None for end, start in gaps)])
    rows = np.arange(len(firsts))
    last = np.minimum(rows[:, None] + np.arange(MAX_WORDS), len(rows) - 1)
    crosses: np.ndarray = lines[last] != lines[:, None]
    return crosses
