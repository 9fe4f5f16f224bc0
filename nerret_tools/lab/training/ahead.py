"""The batches of a training run, made ready by other processes while the steps before them are taken.

Each batch is drawn by the number of its step, so the same ones come whatever the number of processes.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch.utils.data import DataLoader, Dataset

from nerret_tools.encoding.torch_backend import TorchEncoder
from nerret_tools.lab.training.examples import Batch
from nerret_tools.lab.training.mentions import MarkedSentence
from nerret_tools.lab.training.recipe import SpanTraining
from nerret_tools.lab.training.spans import MarkedText, SpanBatch, prepare_spans

SPANS = "spans"  # the source that the span head learns from
AHEAD = 4  # batches a process has ready
Place = tuple[int, int, int]  # row, first token, one past the last


@dataclass(frozen=True)
class Part:
    """Texts of like length that go through the blocks together."""

    ids: list[list[int]]  # token ids, a row each
    spans: list[Place]  # in these rows
    contexts: list[Place]  # of each span


@dataclass(frozen=True)
class Reading:
    """Texts with their spans, ready to be read.

    Attributes:
        parts: In order of length.
        order: Where each span, in the order of the texts, is among those of the parts.
    """

    parts: list[Part]
    order: np.ndarray


@dataclass(frozen=True)
class Comparison:
    """A `Batch`, ready: the descriptions are the first spans, then come the mentions."""

    reading: Reading
    positive: np.ndarray
    unknown: np.ndarray


class Ahead(Dataset[tuple[str, Comparison | SpanBatch]]):
    """What each step of a run draws: from sources by name, from the number of a step to a batch, and for the span head.

    The order says which source each step draws from, and from the beginning again.
    """

    def __init__(
        self,
        encoder: TorchEncoder,
        draws: Mapping[str, Callable[[int], Batch]],
        texts: Sequence[MarkedText],
        spans: SpanTraining,
        order: Sequence[str],
        steps: int,
        seed: int,
    ) -> None:
        self._encoder, self._draws, self._texts, self._spans = encoder, draws, texts, spans
        self._order, self._steps, self._seed = order, steps, seed

    def __len__(self) -> int:
        """Steps."""
        return self._steps

    def __getitem__(self, step: int) -> tuple[str, Comparison | SpanBatch]:
        """The source of a step, counted from 0, and what it gives."""
        source = self._order[step % len(self._order)]
        if source == SPANS:
            generator = random.Random(f"{self._seed} {step}")
            return source, prepare_spans(self._encoder, self._texts, self._spans, generator)
        return source, compare(self._encoder, self._draws[source](step))

    def run(self, processes: int | None = None) -> Iterator[tuple[str, Comparison | SpanBatch]]:
        """All steps in order, drawn by so many processes; None: one for every processor but one, 0: this one."""
        if processes is None:
            processes = min(self._steps // 100, len(os.sched_getaffinity(0)) - 1)
        return iter(
            DataLoader(
                self,
                batch_size=None,
                num_workers=processes,
                prefetch_factor=AHEAD if processes else None,
                collate_fn=_as_it_is,
            )
        )


def _as_it_is(item: object) -> object:
    return item


def compare(encoder: TorchEncoder, batch: Batch) -> Comparison:
    """Make a batch ready."""
    anchors = [MarkedSentence(anchor, [(0, len(anchor))]) for anchor in batch.anchors]
    return Comparison(prepare(encoder, [*anchors, *batch.texts]), batch.positive, batch.unknown)


def prepare(encoder: TorchEncoder, texts: Sequence[MarkedSentence]) -> Reading:
    """Tokenize texts and put like lengths together, so that little is padding.

    A text is cut to its first window; a span behind it is read at the window's end.
    """
    tokenized = encoder.tokenize([one.text for one in texts])
    reach = encoder.context_tokens or 0
    spans: list[list[tuple[int, int]]] = []
    for tokens, one in zip(tokenized, texts, strict=True):
        places = []
        for start, end in one.spans:
            first, stop = tokens.tokens_of(start, end) or (0, 1)
            stop = min(stop, encoder.window_size)
            places.append((min(first, stop - 1), stop))
        spans.append(places)
    order = sorted(range(len(texts)), key=lambda number: len(tokenized[number].ids))
    parts: list[Part] = []
    owners: list[int] = []
    position = 0
    while position < len(order):
        part = [order[position]]
        while position + len(part) < len(order):
            width = len(tokenized[order[position + len(part)]].ids) + 2
            if width * (len(part) + 1) > encoder.batch_tokens:
                break
            part.append(order[position + len(part)])
        position += len(part)
        inside = [(row, first, stop) for row, number in enumerate(part) for first, stop in spans[number]]
        lengths = [max(1, min(encoder.window_size, len(tokenized[number].ids))) for number in part]
        contexts = [(row, max(0, first - reach), min(lengths[row], stop + reach)) for row, first, stop in inside]
        ids = [list(tokenized[number].ids[: encoder.window_size]) or [0] for number in part]
        parts.append(Part(ids, inside, contexts))
        owners += [number for number in part for _ in spans[number]]
    return Reading(parts, np.argsort(np.array(owners, dtype=np.int64), kind="stable"))
