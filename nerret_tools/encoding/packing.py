"""Texts side by side in rows, without padding between them: the fast path of causal backbones."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nerret_tools.encoding.backbone import CutBackbone
from nerret_tools.encoding.devices import to_device

ROW_TOKENS = 512
"""Tokens a row, about. Attention through a mask costs rows × row²: at 512 a few hundredths of a large
block's arithmetic, while sentences fill such a row to the last percent."""

SLACK = (1.0, 1.01, 1.03, 1.06, 1.1)
"""Room in a row, against an even share of the tokens, that is tried: less leaves a text over for a
row of its own, more leaves all rows emptier."""


def pack(lengths: Sequence[int], row_tokens: int) -> list[list[int]]:
    """Put items into rows of at most ``row_tokens``, each into the fullest row that has room.

    Args:
        lengths: Tokens of each item, at most ``row_tokens``.
        row_tokens: What a row holds.

    Returns:
        The items' numbers, row by row.
    """
    rows: list[list[int]] = []
    free: list[tuple[int, int]] = []  # room left and number of each row, sorted
    for item in sorted(range(len(lengths)), key=lambda item: -lengths[item]):
        place = bisect_left(free, (lengths[item], 0))
        room, row = free.pop(place) if place < len(free) else (row_tokens, len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append(item)
        insort(free, (room - lengths[item], row))
    return rows


def choose_rows(lengths: Sequence[int]) -> list[list[int]]:
    """Pack items into rows so that few places stay empty, also where they fill only a row and a bit.

    Args:
        lengths: Tokens of each item.

    Returns:
        As `pack`, for the room that wastes least.
    """
    total, longest = sum(lengths), max(lengths)
    share = total / max(1, total // ROW_TOKENS)
    tried = [pack(lengths, max(longest, ceil(share * slack))) for slack in SLACK]
    return min(tried, key=lambda rows: len(rows) * max(sum(lengths[item] for item in row) for row in rows))


def run_packed(backbone: CutBackbone, texts: Sequence[Sequence[int]], pad: int) -> tuple[Tensor, Tensor | None]:
    """Run texts through a causal backbone without padding between them.

    Positions restart with each text and no attention crosses from one to the next: through a
    block-diagonal mask that transformers derives from the positions, or, where the backbone was
    loaded with FlashAttention, through its kernel for sequences of varying length.

    Args:
        backbone: A causal one.
        texts: Token ids, special ones included; none is empty.
        pad: Id that fills the end of a row.

    Returns:
        As `CutBackbone.forward` for the padded batch ``[n, longest, d]``. What stands after a
        text's end belongs to other texts.
    """
    lengths = np.array([len(text) for text in texts])
    rows = [list(range(len(texts)))] if backbone.varlen else choose_rows(lengths.tolist())
    width = max(int(lengths[row].sum()) for row in rows)
    ids = np.full((len(rows), width), pad, dtype=np.int64)
    positions = np.zeros_like(ids)
    starts = np.zeros(len(texts), dtype=np.int64)  # of each text, counted through all rows
    for number, row in enumerate(rows):
        at = 0
        for item in row:
            ids[number, at : at + lengths[item]] = texts[item]
            positions[number, at : at + lengths[item]] = np.arange(lengths[item])
            starts[item] = number * width + at
            at += lengths[item]
        positions[number, at:] = np.arange(width - at)
    device = backbone.device
    options = _varlen_options(lengths, device) if backbone.varlen else {}
    tapped, states = backbone(to_device(ids, device), position_ids=to_device(positions, device), **options)
    within = np.minimum(starts[:, None] + np.arange(lengths.max()), ids.size - 1)
    index = to_device(within, tapped.device)
    return tapped.flatten(0, 1)[index], None if states is None else states.flatten(0, 1)[index]


def _varlen_options(lengths: np.ndarray, device: torch.device) -> dict[str, Any]:
    """The bounds of the texts, as transformers hands them on to FlashAttention's kernel."""
    bounds = torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)).to(device)
    longest = int(lengths.max())
    return {
        "cu_seq_lens_q": bounds,
        "cu_seq_lens_k": bounds,
        "max_length_q": longest,
        "max_length_k": longest,
    }
