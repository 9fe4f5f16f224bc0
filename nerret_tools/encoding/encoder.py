"""Texts in, representations of their spans out, in one pass of the cut backbone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from tokenizers.pre_tokenizers import BertPreTokenizer
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from nerret_tools.cancellation import check_cancelled
from nerret_tools.encoding.backbone import CutBackbone
from nerret_tools.encoding.devices import to_device
from nerret_tools.encoding.packing import run_packed
from nerret_tools.encoding.pieces import CharSpan, EncodedText, PieceInProgress, UnreadableSpan, cut, gather
from nerret_tools.encoding.replicas import run_batches
from nerret_tools.encoding.taps import WINDOW_TOKENS
from nerret_tools.encoding.windows import TokenizedText, Window, split_windows
from nerret_tools.errors import ModelError

WINDOW_OVERLAP = 64  # tokens; longer spans than this are no names
BATCH_TOKENS = 2048  # padded tokens a batch; more of them leave a CPU's cache and are slower


class SpanProposer(Protocol):
    """Finds mentions from the hidden states of the same pass (a detector's fast path)."""

    def propose(self, states: Tensor, windows: Sequence[tuple[TokenizedText, Window]]) -> list[np.ndarray]:
        """Return token spans, ``[n, 2]`` int64 a window, counted from the window's first token.

        Args:
            states: ``[n_windows, n_tokens, d]``, special tokens left out, padded at the end.
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
    """The cut backbone with its tokenizer.

    Args:
        backbone: The cut transformer.
        tokenizer: Its fast tokenizer.
        window_tokens: Longest window, special tokens included.
        window_overlap: Tokens that neighbouring windows share.
        batch_tokens: Padded tokens that go through the backbone together.
        replicas: The same backbone on other devices; batches are shared among all.
        texts_ahead: Texts tokenized in another thread while those before run; None tokenizes
            all texts of a call first, and so sorts all of them by length.
        context_tokens: How many tokens on each side of a span are its context; None reads none.
    """

    def __init__(
        self,
        backbone: CutBackbone,
        tokenizer: PreTrainedTokenizerBase,
        *,
        window_tokens: int = WINDOW_TOKENS,
        window_overlap: int = WINDOW_OVERLAP,
        batch_tokens: int = BATCH_TOKENS,
        replicas: Sequence[CutBackbone] = (),
        texts_ahead: int | None = None,
        context_tokens: int | None = None,
    ) -> None:
        if not tokenizer.is_fast:
            raise ModelError(f"{type(tokenizer).__name__} gives no offsets; a fast tokenizer is needed")
        self.backbone = backbone
        self.replicas = (backbone, *replicas)
        self.batch_tokens = batch_tokens
        self.texts_ahead = texts_ahead
        self.context_tokens = context_tokens
        self._tokenizer = tokenizer.backend_tokenizer
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._own_words = isinstance(self._tokenizer.pre_tokenizer, BertPreTokenizer)
        self._prefix, self._suffix = self._special_tokens()
        limit = min(window_tokens, int(getattr(backbone.model.config, "max_position_embeddings", window_tokens)))
        self.window_size = limit - len(self._prefix) - len(self._suffix)
        self.window_overlap = min(window_overlap, self.window_size // 2)
        pad = tokenizer.pad_token_id
        self._pad = 0 if pad is None else int(pad)

    @cached_property
    def width(self) -> int:
        """Of a representation."""
        with torch.inference_mode():
            return int(self.run([[self._pad]])[0].shape[-1])

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
                if (piece.open and proposer is not None) or piece.waiting[number]
            ]
            for batch, (tapped, states) in run_batches(self.replicas, self._batches(jobs), self._run):
                if proposer is not None and states is not None:
                    _detect(proposer, states, batch)
                self._read(tapped, batch)
            encoded += [gather(text, unreadable, self.width) for text, unreadable in started]
        return encoded

    def encode_types(self, entity_types: Sequence[str]) -> np.ndarray:
        """Read type descriptions as if each were a mention standing alone: ``[n, d]`` float32."""
        texts = [" ".join(entity_type.split()) for entity_type in entity_types]
        encoded = self.encode(texts, [[(0, len(text))] for text in texts])
        return np.concatenate([one.vectors for one in encoded])

    def states(self, texts: Sequence[str]) -> tuple[list[tuple[TokenizedText, Window]], Tensor]:
        """Return the state blocks of each text's first window, for training a span head.

        Returns:
            The text and the window of each row, and the states ``[n, n_tokens, d]``.
        """
        views = [(tokens, self._windows(tokens)[0]) for tokens in self.tokenize(texts)]
        _, states = self.run([text.ids[window.start : window.end] for text, window in views])
        if states is None:
            raise ModelError("this backbone was cut without state blocks")
        return views, states

    def tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        """Split texts into tokens with offsets; lone surrogates count as one unknown character."""
        safe = [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in texts]
        encodings = self._tokenizer.encode_batch(safe, add_special_tokens=False)
        return [
            TokenizedText(text, encoding, own_words=self._own_words)
            for text, encoding in zip(texts, encodings, strict=True)
        ]

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
            ([PieceInProgress(piece, tokens := next(tokenized), self._windows(tokens)) for piece in pieces], unreadable)
            for pieces, unreadable in parts
        ]

    def _windows(self, tokens: TokenizedText) -> list[Window]:
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

    @torch.inference_mode()
    def _read(self, tapped: Tensor, batch: list[_Job]) -> None:
        """Pool the waiting spans of a batch."""
        waiting = [(row, *span) for row, job in enumerate(batch) for span in job.piece.waiting[job.number]]
        inside = [(row, a - batch[row].window.start, b - batch[row].window.start) for row, a, b in waiting]
        pooled = pool_spans(tapped, inside, self.backbone.tap.pooling)
        if self.context_tokens is not None:
            around = [self._around(row, a, b, len(batch[row].window)) for row, a, b in inside]
            pooled = torch.cat([pooled, pool_spans(tapped, around, "mean")], dim=1)
        for (row, first, stop), vector in zip(waiting, pooled.cpu().numpy(), strict=True):
            batch[row].piece.take_vector(first, stop, vector)

    def _around(self, row: int, first: int, stop: int, length: int) -> tuple[int, int, int]:
        """Tokens of a span's context in a window of ``length``."""
        reach = self.context_tokens or 0
        return row, max(0, first - reach), min(length, stop + reach)

    @torch.inference_mode()
    def _run(self, batch: list[_Job], backbone: CutBackbone) -> tuple[Tensor, Tensor | None]:
        return self.run([job.ids for job in batch], backbone)

    def run(
        self, token_ids: Sequence[Sequence[int]], backbone: CutBackbone | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Run one window a row, with gradients where the backbone has them.

        Args:
            token_ids: Without special tokens, each at most ``window_size`` long.
            backbone: One of the replicas; the first where it is left out.

        Returns:
            The tap ``[n, n_tokens, d]`` and the state blocks, as `CutBackbone` returns them,
            without the special tokens and padded at the end.
        """
        backbone = backbone or self.backbone
        complete = [[*self._prefix, *tokens, *self._suffix] for tokens in token_ids]
        inner = slice(len(self._prefix), len(self._prefix) + max(map(len, token_ids)))
        if backbone.causal and inner.stop:
            tapped, states = run_packed(backbone, complete, self._pad)
        else:
            tapped, states = backbone(*self._padded(complete, backbone.device))
        return tapped[:, inner], None if states is None else states[:, inner]

    def _padded(self, texts: list[list[int]], device: torch.device) -> tuple[Tensor, Tensor]:
        """Token ids and mask ``[n, longest]``."""
        ids = np.full((len(texts), max(map(len, texts))), self._pad, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, text in enumerate(texts):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        return to_device(ids, device), to_device(mask, device)

    def _special_tokens(self) -> tuple[list[int], list[int]]:
        """What the tokenizer puts before and after a text."""
        encoding = self._tokenizer.encode("a", add_special_tokens=True)
        special = encoding.special_tokens_mask
        first = special.index(0)
        last = len(special) - special[::-1].index(0)
        return encoding.ids[:first], encoding.ids[last:]


def _detect(proposer: SpanProposer, states: Tensor, batch: list[_Job]) -> None:
    """Let the proposer fill the pieces that came without spans."""
    rows = [row for row, job in enumerate(batch) if job.piece.open]
    if not rows:
        return
    views = [(batch[row].piece.tokens, batch[row].window) for row in rows]
    for row, proposals in zip(rows, proposer.propose(states[rows], views), strict=True):
        batch[row].piece.take_proposals(batch[row].number, proposals)


def pool_spans(tapped: Tensor, spans: Sequence[tuple[int, int, int]], pooling: str) -> Tensor:
    """Pool token spans (row, first, stop) of ``[n, n_tokens, d]`` to vectors ``[n_spans, d]`` float32."""
    if not spans:
        return tapped.new_zeros(0, tapped.shape[-1], dtype=torch.float32)
    rows, firsts, stops = (torch.tensor(column, device=tapped.device) for column in zip(*spans, strict=True))
    if pooling == "first":
        return tapped[rows, firsts].float()
    if pooling == "last":
        return tapped[rows, stops - 1].float()
    lengths = stops - firsts
    owner = torch.repeat_interleave(torch.arange(len(spans), device=tapped.device), lengths)
    within = torch.arange(len(owner), device=tapped.device) - (torch.cumsum(lengths, 0) - lengths)[owner]
    tokens = tapped[rows[owner], firsts[owner] + within].float()
    totals = torch.zeros(len(spans), tapped.shape[-1], device=tapped.device).index_add_(0, owner, tokens)
    return totals / lengths.clamp(min=1).unsqueeze(1)
