"""Train a low-rank adapter of the backbone together with the projection and the span head.

One pass serves all three: types and mentions go through the adapted blocks and the projection
(InfoNCE both ways), and the same states of the labelled sentences go to the span head.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from nerret_tools.detection.span_head import SpanHead
from nerret_tools.encoding.adapter import save_adapter
from nerret_tools.encoding.projection import Projection
from nerret_tools.encoding.torch_backend import TorchEncoder, pool_spans
from nerret_tools.lab.training.backbone_change import BackboneChange, change_backbone
from nerret_tools.lab.training.descent import Descent, Group
from nerret_tools.lab.training.examples import Batch, MarkedSentence
from nerret_tools.lab.training.projection import multi_positive_loss
from nerret_tools.lab.training.recipe import AdapterRecipe, SpanRecipe
from nerret_tools.lab.training.spans import MarkedText, batches, span_loss
from nerret_tools.models.spec import ADAPTER_FILE, PROJECTION_FILE, SPAN_HEAD_FILE

PART_TOKENS = 2048  # padded tokens that run together: like lengths share a part, so little is padding
SAVE_EVERY = 250  # steps between two snapshots, so that a killed run is not lost
CENTRE_BATCHES = 8


@dataclass(frozen=True)
class Trained:
    """What a run gives; its three files are in the same folder."""

    encoder: TorchEncoder
    projection: Projection
    head: SpanHead


@dataclass(frozen=True)
class Start:
    """What an earlier run gave, to go on from.

    Attributes:
        projection: Of any output dimension.
        head: The span head.
        published: The backbone's matrices before any adapter, from `linear_weights`.
    """

    projection: Projection
    head: SpanHead
    published: Mapping[str, Tensor]


def train_adapter(
    encoder: TorchEncoder,
    draws: Sequence[Callable[[], Batch]],
    texts: Sequence[MarkedText],
    recipe: AdapterRecipe,
    spans: SpanRecipe,
    out: Path,
    start: Start | None = None,
) -> Trained:
    """Train adapter, projection and span head.

    Args:
        encoder: With the backbone as published, or with the adapter that an earlier run gave.
        draws: Sources of batches, one after the other and from the beginning again.
        texts: Sentences with marked spans for the span head, which learns at every step of the
            first source.
        recipe: Of the adapter.
        spans: Of the span head: what is drawn and how it is weighted.
        out: Folder for the three files, which are also written in between.
        start: What the earlier run gave beside the adapter.
    """
    torch.manual_seed(recipe.seed)
    backbone = encoder.backbone
    change = change_backbone(backbone.model, recipe.rank, None if start is None else start.published)
    if start is not None:
        projection, head = start.projection, start.head
        head.threshold, head.overlap_threshold = spans.threshold, spans.overlap_threshold
    else:
        centre = _centre(encoder, draws)
        projection = Projection(len(centre))
        projection.center.copy_(centre)
        head = SpanHead(backbone.hidden_size * len(backbone.state_blocks), spans.threshold, spans.overlap_threshold)
    projection.train(), head.train()
    descent = Descent(
        Group(change.parameters, recipe.learning_rate, weight_decay=0.0),
        Group([*projection.parameters(), *head.parameters()], recipe.head_learning_rate),
        steps=recipe.steps,
        clip=1.0,
        every=25,
    )
    generator = random.Random(recipe.seed)
    marked = batches(texts, spans.model_copy(update={"steps": recipe.steps}), generator)
    for step in range(1, recipe.steps + 1):
        turn = (step - 1) % len(draws)
        losses = {f"source_{turn}": _contrast(encoder, projection, draws[turn](), recipe.temperature)}
        if turn == 0 and texts:
            losses["spans"] = recipe.span_weight * span_loss(head, encoder, next(marked), spans, generator)
        descent.step(**losses)
        if step % SAVE_EVERY == 0 or step == recipe.steps:
            _save(change, projection, head, out)
    return Trained(encoder, projection.eval(), head.eval())


def _save(change: BackboneChange, projection: Projection, head: SpanHead, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    save_adapter(change.factors(), out / ADAPTER_FILE)
    projection.save(out / PROJECTION_FILE)
    head.save(out / SPAN_HEAD_FILE)


def _contrast(encoder: TorchEncoder, projection: Projection, batch: Batch, temperature: float) -> Tensor:
    anchors = [MarkedSentence(anchor, [(0, len(anchor))]) for anchor in batch.anchors]
    vectors = projection(represent(encoder, [*anchors, *batch.texts]))
    types, mentions = vectors[: len(anchors)], vectors[len(anchors) :]
    logits = types @ mentions.T / temperature
    return multi_positive_loss(logits, torch.from_numpy(batch.positive), torch.from_numpy(batch.unknown))


def represent(encoder: TorchEncoder, texts: Sequence[MarkedSentence]) -> Tensor:
    """Representations ``[n_spans, d]`` of all texts' spans in order, with gradients.

    A text is cut to its first window; a span behind it is read at the window's end.
    """
    tokenized = encoder.tokenize([one.text for one in texts])
    spans = []
    for tokens, one in zip(tokenized, texts, strict=True):
        places = []
        for start, end in one.spans:
            first, stop = tokens.tokens_of(start, end) or (0, 1)
            stop = min(stop, encoder.window_size)
            places.append((min(first, stop - 1), stop))
        spans.append(places)
    order = sorted(range(len(texts)), key=lambda number: len(tokenized[number].ids))
    parts: list[Tensor] = []
    owners: list[int] = []
    position = 0
    while position < len(order):
        part = [order[position]]
        while position + len(part) < len(order):
            width = len(tokenized[order[position + len(part)]].ids) + 2
            if width * (len(part) + 1) > PART_TOKENS:
                break
            part.append(order[position + len(part)])
        position += len(part)
        tapped, _ = encoder.run([tokenized[number].ids[: encoder.window_size] or [0] for number in part])
        inside = [(row, first, stop) for row, number in enumerate(part) for first, stop in spans[number]]
        parts.append(pool_spans(tapped, inside, encoder.backbone.tap.pooling))
        owners += [number for number in part for _ in spans[number]]
    back = sorted(range(len(owners)), key=owners.__getitem__)
    return torch.cat(parts)[torch.tensor(back)]


@torch.no_grad()
def _centre(encoder: TorchEncoder, draws: Sequence[Callable[[], Batch]]) -> Tensor:
    """Mean representation of some mentions and descriptions, before any training."""
    vectors = []
    for number in range(CENTRE_BATCHES):
        batch = draws[number % len(draws)]()
        vectors.append(represent(encoder, batch.texts))
        vectors.append(represent(encoder, [MarkedSentence(anchor, [(0, len(anchor))]) for anchor in batch.anchors]))
    return torch.cat(vectors).mean(dim=0)
