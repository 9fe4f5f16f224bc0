"""Texts in, representations of their spans out, in one pass of the cut backbone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer

from nerret_tools.cancellation import check_cancelled
from nerret_tools.encoding.backend import Backend, Outputs, TokenIds
from nerret_tools.encoding.folding import Folding, without_surrogates
from nerret_tools.encoding.pieces import CharSpan, EncodedText, PieceInProgress, UnreadableSpan, cut, gather
from nerret_tools.encoding.taps import WINDOW_TOKENS
from nerret_tools.encoding.windows import TokenizedText, Window, split_windows

WINDOW_OVERLAP = 64  # tokens; longer spans than this are no names


class SpanProposer(Protocol):
    """Finds mentions from the hidden states of the same pass (a detector's fast path)."""

    def propose(self, states: Any, windows: Sequence[tuple[TokenizedText, Window]]) -> list[np.ndarray]:
        """Return token spans, ``[n, 2]`` int64 a window, counted from the window's first token.

        Args:
            states: ``[n_windows, n_tokens, d]``, special tokens left out, padded at the end, in
                whatever the backend computes with.
            windows: The text and the part of it that each row holds.
        """


_Started = tuple[list[PieceInProgress], list[UnreadableSpan]]


@dataclass(frozen=True)
class _Job:
    """One window of one piece."""

    piece: PieceInProgress
    number: int

    @property
    def window(self) -> Window:
        return self.piece.windows[self.number]

    @property
    def ids(self) -> list[int]:
        return self.piece.tokens.ids[self.window.start : self.window.end]


class TextEncoder:
    """A cut backbone with its tokenizer.

    Args:
        backend: Runs the backbone.
        tokenizer: The backbone's.
        pooling: Over a span's tokens, see `Tap`.
        window_tokens: Longest window, special tokens included.
        window_overlap: Tokens that neighbouring windows share.
        batch_tokens: Padded tokens that go through the backbone together; the backend's choice where
            it is left out.
        texts_ahead: See `Backend`; the backend's choice where it is left out.
        context_tokens: How many tokens on each side of a span are its context; None reads none.
    """

    def __init__(
        self,
        backend: Backend,
        tokenizer: Tokenizer,
        *,
        pooling: str = "mean",
        window_tokens: int = WINDOW_TOKENS,
        window_overlap: int = WINDOW_OVERLAP,
        batch_tokens: int | None = None,
        texts_ahead: int | None = None,
        context_tokens: int | None = None,
    ) -> None:
        self.backend = backend
        self.pooling = pooling
        self.batch_tokens = batch_tokens or backend.batch_tokens
        self.texts_ahead = texts_ahead or backend.texts_ahead
        self.context_tokens = context_tokens
        self._tokenizer = tokenizer
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._own_words = isinstance(tokenizer.pre_tokenizer, BertPreTokenizer)
        self._folding = Folding(self._lacks)
        self._prefix, self._suffix = self._special_tokens()
        limit = min(window_tokens, backend.max_tokens or window_tokens)
        self.window_size = limit - len(self._prefix) - len(self._suffix)
        self.window_overlap = min(window_overlap, self.window_size // 2)

    @cached_property
    def width(self) -> int:
        """Of a representation."""
        [(_, (tapped, _states))] = self.backend.run_all([self.tokenize(["a"])[0].ids], lambda ids: self.complete([ids]))
        return int(tapped.shape[-1])

    def encode(
        self,
        texts: Sequence[str],
        spans: Sequence[Sequence[CharSpan] | None] | None = None,
        proposer: SpanProposer | None = None,
    ) -> list[EncodedText]:
        """Read the representations of each text's spans.

        Args:
            texts: Any length; each sentence runs by itself, a long one in overlapping windows.
            spans: Character offsets for each text, or None where ``proposer`` finds them.
            proposer: Finds spans where none are given. Without it such a text gets none.

        Returns:
            One `EncodedText` a text, in the order of ``texts``.
        """
        given: Sequence[Sequence[CharSpan] | None] = [None] * len(texts) if spans is None else spans
        encoded: list[EncodedText] = []
        for started in self._cut_ahead(list(zip(texts, given, strict=True))):
            pieces = [piece for text, _ in started for piece in text]
            jobs = [
                _Job(piece, number)
                for piece in pieces
                for number in range(len(piece.windows))
                if len(piece.windows[number]) and ((piece.open and proposer is not None) or piece.waiting[number])
            ]
            for batch, outputs in self.backend.run_all(self._batches(jobs), self._ids_of):
                tapped, states = self.inner(outputs, [job.ids for job in batch])
                if proposer is not None and states is not None:
                    _detect(proposer, states, batch)
                self._read(tapped, batch)
            encoded += [gather(text, unreadable, self.width) for text, unreadable in started]
        return encoded

    def encode_types(self, entity_types: Sequence[str]) -> np.ndarray:
        """Read type descriptions as if each were a mention standing alone: ``[n, d]`` float32.

        One after the other: in whole numbers the last digit of a sum, which depends on the width of its batch, can
        turn a rounding, and a type asked for among others would have another list than alone.
        """
        texts = [" ".join(entity_type.split()) for entity_type in entity_types]
        encoded = [one for text in texts for one in self.encode([text], [[(0, len(text))]])]
        return np.concatenate([one.vectors for one in encoded])

    def _ids_of(self, batch: list[_Job]) -> list[list[int]]:
        return self.complete([job.ids for job in batch])

    def complete(self, token_ids: TokenIds) -> list[list[int]]:
        """Put the special tokens around each row."""
        return [[*self._prefix, *row, *self._suffix] for row in token_ids]

    def inner(self, outputs: Outputs, token_ids: TokenIds) -> Outputs:
        """Leave the special tokens out of what was read from rows of `complete`."""
        tapped, states = outputs
        inner = slice(len(self._prefix), len(self._prefix) + max(map(len, token_ids)))
        return tapped[:, inner], None if states is None else states[:, inner]

    def tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        """Split texts into tokens with offsets; a lone surrogate counts as a character that cannot be read."""
        prepared = [self._folding(text) if self._own_words else (without_surrogates(text), None) for text in texts]
        encodings = self._tokenizer.encode_batch([text for text, _ in prepared], add_special_tokens=False)
        return [
            TokenizedText(text, encoding, own_words=self._own_words, places=places)
            for text, encoding, (_, places) in zip(texts, encodings, prepared, strict=True)
        ]

    def _lacks(self, character: str) -> bool:
        """Whether the vocabulary lacks a character behind a letter."""
        unknown = self._tokenizer.model.unk_token if isinstance(self._tokenizer.model, WordPiece) else None
        return unknown in self._tokenizer.encode(f"a{character}", add_special_tokens=False).tokens

    def _cut_ahead(self, texts: Sequence[tuple[str, Sequence[CharSpan] | None]]) -> Iterator[list[_Started]]:
        """Texts in order, cut and as tokens, portion by portion, the next one in the making."""
        size = self.texts_ahead or max(1, len(texts))
        portions = [texts[first : first + size] for first in range(0, len(texts), size)]
        if len(portions) < 2:
            yield from map(self._start, portions)
            return
        with ThreadPoolExecutor(1) as thread:
            coming = thread.submit(self._start, portions[0])
            for portion in portions[1:]:
                ready, coming = coming.result(), thread.submit(self._start, portion)
                yield ready
            yield coming.result()

    def _start(self, texts: Sequence[tuple[str, Sequence[CharSpan] | None]]) -> list[_Started]:
        """Each text's pieces with their windows, and given spans with nothing in them."""
        parts = [cut(text, spans) for text, spans in texts]
        tokenized = iter(self.tokenize([piece.text for pieces, _ in parts for piece in pieces]))
        return [
            ([PieceInProgress(piece, tokens := next(tokenized), self.windows(tokens)) for piece in pieces], unreadable)
            for pieces, unreadable in parts
        ]

    def windows(self, tokens: TokenizedText) -> list[Window]:
        """Cut a tokenized text that is too long into windows."""
        return split_windows(len(tokens.ids), self.window_size, self.window_overlap)

    def _batches(self, jobs: list[_Job]) -> Iterator[list[_Job]]:
        """Windows of like length together, longest first, so that memory's peak comes at once."""
        batch: list[_Job] = []
        extra = len(self._prefix) + len(self._suffix)
        for job in sorted(jobs, key=lambda job: -len(job.window)):
            width = extra + len(batch[0].window) if batch else 0
            if batch and (len(batch) + 1) * width > self.batch_tokens:
                check_cancelled()
                yield batch
                batch = []
            batch.append(job)
        if batch:
            check_cancelled()
            yield batch

    def _read(self, tapped: Any, batch: list[_Job]) -> None:
        """Pool the waiting spans of a batch."""
        waiting = [(row, *span) for row, job in enumerate(batch) for span in job.piece.waiting[job.number]]
        inside = [(row, a - batch[row].window.start, b - batch[row].window.start) for row, a, b in waiting]
        pooled = self.backend.pool(tapped, inside, self.pooling)
        if self.context_tokens is not None:
            around = [self._around(row, a, b, len(batch[row].window)) for row, a, b in inside]
            pooled = np.concatenate([pooled, self.backend.pool(tapped, around, "mean")], axis=1)
        for (row, first, stop), vector in zip(waiting, pooled, strict=True):
            batch[row].piece.take_vector(first, stop, vector)

    def _around(self, row: int, first: int, stop: int, length: int) -> tuple[int, int, int]:
        """Tokens of a span's context in a window of ``length``."""
        reach = self.context_tokens or 0
        return row, max(0, first - reach), min(length, stop + reach)

    def _special_tokens(self) -> tuple[list[int], list[int]]:
        """What the tokenizer puts before and after a text."""
        encoding = self._tokenizer.encode("a", add_special_tokens=True)
        special = encoding.special_tokens_mask
        first = special.index(0)
        last = len(special) - special[::-1].index(0)
        return encoding.ids[:first], encoding.ids[last:]


def _detect(proposer: SpanProposer, states: Any, batch: list[_Job]) -> None:
    """Let the proposer fill the pieces that came without spans."""
    rows = [row for row, job in enumerate(batch) if job.piece.open]
    if not rows:
        return
    views = [(batch[row].piece.tokens, batch[row].window) for row in rows]
    for row, proposals in zip(
        rows, proposer.propose(states if len(rows) == len(batch) else states[rows], views), strict=True
    ):
        batch[row].piece.take_proposals(batch[row].number, proposals)
