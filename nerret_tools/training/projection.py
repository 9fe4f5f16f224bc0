"""Train the projection: contrastive, type descriptions as anchors, thousands of types."""

from __future__ import annotations

import logging
import time

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from nerret_tools.encoding.projection import Projection
from nerret_tools.training.mentions import TypedMentions
from nerret_tools.training.recipe import ProjectionRecipe

logger = logging.getLogger(__name__)


def train_projection(taxonomy: TypedMentions, labelled: TypedMentions | None, recipe: ProjectionRecipe) -> Projection:
    """Train on a taxonomy and, where given, on mentions marked in sentences.

    The two are separate InfoNCE terms: which taxonomy types a marked mention has is not known,
    so it must not serve as a negative there.
    """
    torch.manual_seed(recipe.seed)
    generator = np.random.default_rng(recipe.seed)
    projection = Projection(taxonomy.vectors.shape[1])
    projection.center.copy_(torch.from_numpy(taxonomy.vectors.astype(np.float32).mean(axis=0)))
    spread = torch.from_numpy(taxonomy.vectors.astype(np.float32).std(axis=0))
    projection.train()
    optimizer = torch.optim.AdamW(projection.parameters(), lr=recipe.learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=recipe.steps, pct_start=0.1
    )
    sources = [(_Sampler(taxonomy, generator), recipe.types, recipe.members, 1.0)]
    if labelled is not None and recipe.labelled_members:
        sampler = _Sampler(labelled, generator)
        sources.append((sampler, len(sampler.types), recipe.labelled_members, recipe.labelled_weight))
    running, started = 0.0, time.monotonic()
    for step in range(1, recipe.steps + 1):
        loss = torch.zeros(())
        for sampler, type_count, member_count, weight in sources:
            anchors, mentions, positive = sampler.draw(type_count, member_count)
            mentions = mentions + recipe.noise * spread * torch.randn_like(mentions)
            logits = projection(anchors) @ projection(mentions).T / recipe.temperature
            loss = loss + weight * multi_positive_loss(logits, positive)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        running = loss.item() if step == 1 else 0.98 * running + 0.02 * loss.item()
        if step % 500 == 0 or step == recipe.steps:
            logger.info("step %d of %d, loss %.3f, %.0f s", step, recipe.steps, running, time.monotonic() - started)
    return projection.eval()


def multi_positive_loss(logits: Tensor, positive: Tensor, unknown: Tensor | None = None) -> Tensor:
    """InfoNCE both ways where a row has several positives: each against all negatives.

    Args:
        logits: Similarity over temperature, ``[n_types, n_mentions]``.
        positive: True where the mention is of the type.
        unknown: True where it is neither known to be nor known not to be.
    """
    left_out = positive if unknown is None else positive | unknown
    return (_one_way(logits, positive, left_out) + _one_way(logits.T, positive.T, left_out.T)) / 2


def _one_way(logits: Tensor, positive: Tensor, left_out: Tensor) -> Tensor:
    negatives = logits.masked_fill(left_out, -1e4).logsumexp(dim=1, keepdim=True)
    each = F.softplus(negatives - logits)  # -log(e^pos / (e^pos + sum of negatives))
    weights = positive / positive.sum(dim=1, keepdim=True).clamp(min=1)
    return (each * weights).sum() / positive.any(dim=1).sum().clamp(min=1)


class _Sampler:
    """Draws types with some of their mentions, and says which pairs belong together."""

    def __init__(self, data: TypedMentions, generator: np.random.Generator) -> None:
        self.generator = generator
        self.vectors = torch.from_numpy(data.vectors)
        self.anchors = torch.from_numpy(data.anchors)
        self.item = data.item
        self.types = np.unique(data.anchor_type)
        self.anchors_of = _group(data.anchor_type, int(self.types.max()) + 1)
        self.contexts_of = _group(data.item, len(data.types_of))
        kinds = np.concatenate(data.types_of)
        items = np.repeat(np.arange(len(data.types_of)), [len(kinds) for kinds in data.types_of])
        order = np.argsort(kinds, kind="stable")
        bounds = np.searchsorted(kinds[order], np.arange(int(self.types.max()) + 2))
        self.items_of = [items[order][bounds[i] : bounds[i + 1]] for i in range(len(bounds) - 1)]
        self.is_of = [frozenset(kinds.tolist()) for kinds in data.types_of]

    def draw(self, type_count: int, member_count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return anchors ``[t, d]``, mentions ``[t × members, d]``, and which belong together."""
        pick = self.generator.choice
        types = pick(self.types, min(type_count, len(self.types)), replace=False)
        items = np.concatenate([pick(self.items_of[kind], member_count) for kind in types])
        mentions = [pick(self.contexts_of[item]) for item in items]
        anchors = [pick(self.anchors_of[kind]) for kind in types]
        column_of = {int(kind): row for row, kind in enumerate(types)}
        positive = torch.zeros(len(types), len(items), dtype=torch.bool)
        for column, item in enumerate(items):
            for kind in self.is_of[item]:
                if kind in column_of:
                    positive[column_of[kind], column] = True
        return self.anchors[anchors].float(), self.vectors[mentions].float(), positive


def _group(keys: np.ndarray, count: int) -> list[np.ndarray]:
    """Positions of each key 0 … count - 1."""
    order = np.argsort(keys, kind="stable")
    bounds = np.searchsorted(keys[order], np.arange(count + 1))
    return [order[bounds[i] : bounds[i + 1]] for i in range(count)]
