"""Mentions in, their representations at every tap out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import torch
from transformers import AutoTokenizer

from nerret_tools.encoding import POOLINGS
from nerret_tools.encoding.backbone import CutBackbone
from nerret_tools.encoding.precision import choose_precision
from nerret_tools.encoding.torch_backend import BATCH_TOKENS, TorchEncoder, pool_spans
from nerret_tools.encoding.windows import best_window, split_windows
from nerret_tools.lab.sweep.components import EveryComponent, Place, load_every_component
from nerret_tools.lab.sweep.sampling import MentionSample
from nerret_tools.reading.labelled.documents import LabelledDocument

BATCH_BYTES = 1 << 28  # of components that a batch leaves behind; a large decoder's are megabytes a token

Tapped = tuple[Place, str]
"""A place and a pooling."""

_Job = tuple[int, list[int], tuple[int, int]]
"""A row of the sample, the ids of a window around its mention, and the mention's tokens in that."""


class MentionReader:
    """Reads mentions at every tap of a backbone.

    Args:
        folder: The backbone's files, or its name on the hub.
        precision: See `choose_precision`.

    Raises:
        ModelError: The backbone cannot be loaded, or has no fast tokenizer.
    """

    def __init__(self, folder: str | Path, precision: str | None = "float32") -> None:
        self.backbone: EveryComponent = load_every_component(folder, dtype=choose_precision(precision))
        # The encoder wants what both backbones have: a model, a device, and ids in, vectors out.
        self._encoder = TorchEncoder(cast(CutBackbone, self.backbone), AutoTokenizer.from_pretrained(folder))
        self._encoder.run([self._encoder.tokenize(["a"])[0].ids])  # tells the widths
        width = sum(self.backbone.widths.values()) * self.backbone.model.dtype.itemsize
        self._batch_tokens = min(BATCH_TOKENS, BATCH_BYTES // width)

    @torch.inference_mode()
    def read(
        self, documents: Sequence[LabelledDocument], sample: MentionSample
    ) -> tuple[np.ndarray, dict[Tapped, np.ndarray]]:
        """Read a sample's mentions.

        Returns:
            Rows of the sample that have a token, ``[n]``; and for each tap their representations,
            ``[n, d]`` float32.
        """
        jobs = list(self._jobs(documents, sample))
        jobs.sort(key=lambda job: -len(job[1]))
        vectors: dict[str, list[np.ndarray]] = {pooling: [] for pooling in POOLINGS}
        for batch in self._batches(jobs):
            everything, _ = self._encoder.run([ids for _, ids, _ in batch])
            spans = [(row, first, stop) for row, (_, _, (first, stop)) in enumerate(batch)]
            for pooling in POOLINGS:
                vectors[pooling].append(pool_spans(everything, spans, pooling).cpu().numpy())
        back = np.argsort([row for row, _, _ in jobs])
        read: dict[Tapped, np.ndarray] = {}
        for pooling in POOLINGS:
            together, start = np.concatenate(vectors[pooling])[back], 0
            for place, width in self.backbone.widths.items():
                read[place, pooling] = together[:, start : start + width]
                start += width
        return np.sort([row for row, _, _ in jobs]), read

    def _jobs(self, documents: Sequence[LabelledDocument], sample: MentionSample) -> Iterator[_Job]:
        texts = self._encoder.tokenize([documents[number].text for number in sample.documents])
        for row, (text, (start, end)) in enumerate(zip(texts, sample.spans.tolist(), strict=True)):
            tokens = text.tokens_of(start, end)
            windows = split_windows(len(text.ids), self._encoder.window_size, self._encoder.window_overlap)
            number = None if tokens is None else best_window(windows, *tokens)
            if tokens is not None and number is not None:
                window = windows[number]
                inside = (tokens[0] - window.start, tokens[1] - window.start)
                yield row, text.ids[window.start : window.end], inside

    def _batches(self, jobs: list[_Job]) -> Iterator[list[_Job]]:
        """Jobs in order, as many as their padded tokens allow."""
        batch: list[_Job] = []
        for job in jobs:
            if batch and (len(batch) + 1) * len(batch[0][1]) > self._batch_tokens:
                yield batch
                batch = []
            batch.append(job)
        if batch:
            yield batch
