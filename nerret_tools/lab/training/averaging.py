"""Make one model of several that were trained from the same start: the mean of their weights.

Runs from one start stay in one basin, where the mean of the weights is better than each
(model soups, arXiv 2203.05482), and costs nothing when the model is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from nerret_tools.detection.span_head import SpanHead
from nerret_tools.encoding.adapter import read_adapter, save_adapter
from nerret_tools.encoding.projection import Projection
from nerret_tools.models.spec import ADAPTER_FILE, PROJECTION_FILE, SPAN_HEAD_FILE

AnyModule = TypeVar("AnyModule", bound=nn.Module)


def average_adapters(folders: Sequence[Path], rank: int | None, out: Path) -> None:
    """Write the mean of adapters, projections and span heads.

    Args:
        folders: Each with the three files.
        rank: To which the mean change of each layer is cut, by singular values; None: it is kept whole.
        out: Folder for the three files, which may be one of ``folders``.
    """
    changes = [read_adapter(folder / ADAPTER_FILE) for folder in folders]
    projections = [Projection.load(folder / PROJECTION_FILE) for folder in folders]
    heads = [SpanHead.load(folder / SPAN_HEAD_FILE) for folder in folders]
    means = {name: torch.stack([one[name] for one in changes]).mean(dim=0) for name in changes[0]}
    out.mkdir(parents=True, exist_ok=True)
    save_adapter({name: low_rank(mean, rank or min(mean.shape)) for name, mean in means.items()}, out / ADAPTER_FILE)
    _mean(projections).save(out / PROJECTION_FILE)
    _mean(heads).save(out / SPAN_HEAD_FILE)


def low_rank(change: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Return the factors ``[rank, in]`` and ``[out, rank]`` whose product is nearest to ``change``."""
    left, sizes, right = torch.linalg.svd(change.double(), full_matrices=False)
    share = sizes[:rank].sqrt()  # to both sides alike, so that half precision suits both
    return (share[:, None] * right[:rank]).float(), (left[:, :rank] * share).float()


def _mean(modules: Sequence[AnyModule]) -> AnyModule:
    states = [module.state_dict() for module in modules]
    modules[0].load_state_dict({name: torch.stack([state[name] for state in states]).mean(dim=0) for name in states[0]})
    return modules[0]
