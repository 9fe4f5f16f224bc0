"""The backbone in torch: any BERT- or Llama-like transformer, on any device, and for training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from nerret_tools.encoding.backbone import CutBackbone
from nerret_tools.encoding.backend import Batch, Outputs, TokenIds, padded
from nerret_tools.encoding.devices import to_device
from nerret_tools.encoding.encoder import TextEncoder
from nerret_tools.encoding.packing import run_packed
from nerret_tools.encoding.replicas import run_batches
from nerret_tools.errors import ModelError

BATCH_TOKENS = 2048  # padded tokens a batch; more of them leave a CPU's cache and are slower
GPU_BATCH_TOKENS = 16_384  # enough to fill a large card's matrix units; its states stay below a gigabyte
GPU_TEXTS_AHEAD = 512  # about one such batch of sentences


class TorchBackend:
    """A cut backbone, once a device.

    Args:
        backbone: The cut transformer.
        replicas: The same on other devices; batches are shared among all.
        pad: Id that fills the end of a row.
    """

    def __init__(self, backbone: CutBackbone, replicas: Sequence[CutBackbone] = (), *, pad: int = 0) -> None:
        gpu = backbone.device.type == "cuda"
        self.backbone = backbone
        self.replicas = (backbone, *replicas)
        self.precision = str(backbone.model.dtype).removeprefix("torch.")
        self.batch_tokens = GPU_BATCH_TOKENS if gpu else BATCH_TOKENS
        self.texts_ahead = GPU_TEXTS_AHEAD if gpu else None
        self.max_tokens: int | None = getattr(backbone.model.config, "max_position_embeddings", None)
        self._pad = pad

    def run(self, token_ids: TokenIds, backbone: CutBackbone | None = None) -> Outputs:
        """Run rows of token ids, with gradients where the backbone has them: tensors."""
        backbone = backbone or self.backbone
        if backbone.causal:
            return run_packed(backbone, token_ids, self._pad)
        ids, mask = padded(token_ids, self._pad, np.int64)
        return cast(Outputs, backbone(to_device(ids, backbone.device), to_device(mask, backbone.device)))

    def run_all(self, batches: Iterable[Batch], ids: Callable[[Batch], TokenIds]) -> Iterator[tuple[Batch, Outputs]]:
        """Run batches on all replicas."""

        def run(batch: Batch, backbone: CutBackbone) -> Outputs:
            with torch.inference_mode():
                return self.run(ids(batch), backbone)

        return run_batches(self.replicas, batches, run)

    def pool(self, tapped: Tensor, spans: Sequence[tuple[int, int, int]], pooling: str) -> np.ndarray:
        """Pool token spans on the device, and bring them from there."""
        with torch.inference_mode():
            return np.asarray(pool_spans(tapped, spans, pooling).cpu().numpy())


class TorchEncoder(TextEncoder):
    """A `TextEncoder` over a cut backbone, which training and the sweep reach into.

    Args:
        backbone: The cut transformer.
        tokenizer: Its fast tokenizer.
        replicas: See `TorchBackend`.
        options: See `TextEncoder`.
    """

    backend: TorchBackend

    def __init__(
        self,
        backbone: CutBackbone,
        tokenizer: PreTrainedTokenizerBase,
        *,
        replicas: Sequence[CutBackbone] = (),
        **options: Any,
    ) -> None:
        if not tokenizer.is_fast:
            raise ModelError(f"{type(tokenizer).__name__} gives no offsets; a fast tokenizer is needed")
        pad = tokenizer.pad_token_id
        backend = TorchBackend(backbone, replicas, pad=0 if pad is None else int(pad))
        super().__init__(backend, tokenizer.backend_tokenizer, pooling=backbone.tap.pooling, **options)

    @property
    def backbone(self) -> CutBackbone:
        """The first of the replicas."""
        return self.backend.backbone

    def run(self, token_ids: TokenIds) -> tuple[Tensor, Tensor | None]:
        """Run one window a row, with gradients where the backbone has them.

        Args:
            token_ids: Without special tokens, each at most ``window_size`` long.

        Returns:
            The tap ``[n, n_tokens, d]`` and the state blocks, without the special tokens and padded
            at the end.
        """
        return cast(tuple[Tensor, Tensor | None], self.inner(self.backend.run(self.complete(token_ids)), token_ids))


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
    totals = torch.zeros(len(spans), tapped.shape[-1], dtype=torch.float32, device=tapped.device)
    return totals.index_add_(0, owner, tokens) / lengths.clamp(min=1).unsqueeze(1)
