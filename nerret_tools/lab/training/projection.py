"""Train the projection: contrastive, type descriptions as anchors, thousands of types."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from nerret_tools.encoding.projection import Projection
from nerret_tools.lab.training.descent import Descent, Group
from nerret_tools.lab.training.mentions import TypedMentions
from nerret_tools.lab.training.recipe import ProjectionStep
from nerret_tools.lab.training.triplets import hard_negatives, triplet_loss


def train_projection(taxonomy: TypedMentions, labelled: TypedMentions | None, recipe: ProjectionStep) -> Projection:
    """Train on a taxonomy and, where given, on mentions marked in sentences.

    The two are separate terms of the loss: which taxonomy types a marked mention has is not known,
    so it must not serve as a negative there.

    Raises:
        MissingExtraError: The recipe asks for hard negatives and `bm25s` is not installed.
    """
    torch.manual_seed(recipe.seed)
    generator = np.random.default_rng(recipe.seed)
    projection = Projection(taxonomy.vectors.shape[1])
    projection.center.copy_(torch.from_numpy(taxonomy.vectors.astype(np.float32).mean(axis=0)))
    spread = torch.from_numpy(taxonomy.vectors.astype(np.float32).std(axis=0))
    projection.train()
    descent = Descent(Group(projection.parameters(), recipe.learning_rate), steps=recipe.steps, every=500)
    sources = [(_Sampler(taxonomy, recipe, generator), recipe.types, recipe.members, 1.0)]
    if labelled is not None and recipe.labelled_members:
        sampler = _Sampler(labelled, recipe, generator)
        sources.append((sampler, len(sampler.types), recipe.labelled_members, recipe.labelled_weight))
    for _ in range(recipe.steps):
        loss = torch.zeros(())
        for sampler, type_count, member_count, weight in sources:
            types, anchors, mentions, positive = sampler.draw(type_count, member_count)
            mentions = mentions + recipe.noise * spread * torch.randn_like(mentions)
            described = projection(anchors)
            cosines = described @ projection(mentions).T
            if recipe.loss == "triplet":
                alike, has_hard = sampler.draw_hard(types)
                hard = (described * projection(alike)).sum(dim=1)
                has_hard &= torch.from_numpy(generator.random(len(types)) < recipe.hard_share)
                one = triplet_loss(cosines, positive, hard, has_hard, recipe.margin, generator)
            else:
                one = multi_positive_loss(cosines / recipe.temperature, positive)
            loss = loss + weight * one
        descent.step(loss=loss)
    return projection.eval()


def multi_positive_loss(logits: Tensor, positive: Tensor, unknown: Tensor | None = None) -> Tensor:
    """InfoNCE both ways where a row has several positives: each against all negatives.

    Of similarities over temperature ``[n_types, n_mentions]``; `unknown` pairs count as neither.
    """
    left_out = positive if unknown is None else positive | unknown
    return (_one_way(logits, positive, left_out) + _one_way(logits.T, positive.T, left_out.T)) / 2


def compress_projection(projection: Projection, vectors: np.ndarray, dimension: int) -> Projection:
    """Return a projection with fewer dimensions and nearly the same cosines.

    The second layer is rotated to the principal axes (around the origin, so that cosines are what
    is kept) of the embeddings of a sample of representations ``[n, d]`` float32, and the first axes stay.
    """
    with torch.no_grad():
        embeddings = projection.eval()(torch.from_numpy(vectors)).double()
        _, axes = torch.linalg.eigh(embeddings.T @ embeddings)
        kept = axes.flip(dims=[1])[:, :dimension].T.float()
        smaller = Projection(projection.input_dimension, projection.first.out_features, dimension)
        smaller.center.copy_(projection.center)
        smaller.first.load_state_dict(projection.first.state_dict())
        smaller.second.weight.copy_(kept @ projection.second.weight)
        smaller.second.bias.copy_(kept @ projection.second.bias)
    return smaller.eval()


def _one_way(logits: Tensor, positive: Tensor, left_out: Tensor) -> Tensor:
    negatives = logits.masked_fill(left_out, -1e4).logsumexp(dim=1, keepdim=True)
    each = F.softplus(negatives - logits)  # -log(e^pos / (e^pos + sum of negatives))
    weights = positive / positive.sum(dim=1, keepdim=True).clamp(min=1)
    return (each * weights).sum() / positive.any(dim=1).sum().clamp(min=1)


class _Sampler:
    """Draws types with some of their mentions, and says which pairs belong together."""

    def __init__(self, data: TypedMentions, recipe: ProjectionStep, generator: np.random.Generator) -> None:
        self.generator = generator
        self.hard = hard_negatives(data) if recipe.loss == "triplet" else []
        self.vectors = torch.from_numpy(data.vectors)
        self.anchors = torch.from_numpy(data.anchors)
        self.item = data.item
        self.types = np.unique(data.anchor_type)
        self.anchors_of = _group(data.anchor_type, int(self.types.max()) + 1)
        self.contexts_of = _group(data.item, len(data.types_of))
        kinds = np.concatenate(data.types_of)
        items = np.repeat(np.arange(len(data.types_of)), [len(kinds) for kinds in data.types_of])
        self.items_of = [items[places] for places in _group(kinds, int(self.types.max()) + 1)]
        self.is_of = [frozenset(kinds.tolist()) for kinds in data.types_of]

    def draw(self, type_count: int, member_count: int) -> tuple[np.ndarray, Tensor, Tensor, Tensor]:
        """Return types ``[t]``, their anchors ``[t, d]``, mentions ``[t × members, d]``, and which belong together."""
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
        return types, self.anchors[anchors].float(), self.vectors[mentions].float(), positive

    def draw_hard(self, types: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return for each type a mention ``[t, d]`` that is like it in words only, and whether there is one."""
        found = torch.zeros(len(types), self.vectors.shape[1])
        has = torch.zeros(len(types), dtype=torch.bool)
        for row, kind in enumerate(types):
            if len(self.hard[kind]):
                item = self.generator.choice(self.hard[kind])
                found[row] = self.vectors[self.generator.choice(self.contexts_of[item])].float()
                has[row] = True
        return found, has


def _group(keys: np.ndarray, count: int) -> list[np.ndarray]:
    """Positions of each key 0 … count - 1."""
    order = np.argsort(keys, kind="stable")
    bounds = np.searchsorted(keys[order], np.arange(count + 1))
    return [order[bounds[i] : bounds[i + 1]] for i in range(count)]
