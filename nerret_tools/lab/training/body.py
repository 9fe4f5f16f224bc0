"""Train the blocks of a backbone with the projection, the context head and the span head, all at once.

One pass serves all: types and mentions go through the blocks and both projections (InfoNCE both ways, on the mention
part alone and on the whole score), and the states of marked sentences go to the span head.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nerret_tools.detection.span_head import SpanHead
from nerret_tools.encoding.adapter import merge_adapter, save_adapter
from nerret_tools.encoding.projection import Projection
from nerret_tools.encoding.torch_backend import TorchEncoder, pool_spans
from nerret_tools.lab.training.ahead import Ahead, Comparison, Reading, compare
from nerret_tools.lab.training.descent import Descent, Group
from nerret_tools.lab.training.examples import Batch
from nerret_tools.lab.training.projection import compress_projection, multi_positive_loss
from nerret_tools.lab.training.recipe import BodyStep
from nerret_tools.lab.training.spans import MarkedText, span_loss
from nerret_tools.models.spec import ADAPTER_FILE, CONTEXT_FILE, PROJECTION_FILE, SPAN_HEAD_FILE

FREE_SHARE = 0.7  # of the steps; behind it the matrices are cut to the kept rank again and again, so that what is
CUT_EVERY = 50  # lost by that is learnt otherwise
SAVE_EVERY = 100  # steps between two snapshots then, so that a run can be judged while it goes on
SAMPLE_BATCHES = 8  # that centre and principal axes are taken from
LAYERS = ("query", "key", "value", "dense")  # BERT's linear layers


@dataclass(frozen=True)
class Heads:
    """What is trained on top of the backbone."""

    projection: Projection  # the mention's part of an embedding
    context: Projection  # the context's part
    spans: SpanHead  # finds mentions

    def save(self, out: Path) -> None:
        """Write all three."""
        self.projection.save(out / PROJECTION_FILE)
        self.context.save(out / CONTEXT_FILE)
        self.spans.save(out / SPAN_HEAD_FILE)


def train_body(
    encoder: TorchEncoder,
    draws: Mapping[str, Callable[[int], Batch]],
    texts: Sequence[MarkedText],
    recipe: BodyStep,
    start: Path | None,
    out: Path,
) -> Path:
    """Train from the published backbone, and write adapter, projection, context head and span head, in between too.

    Args:
        encoder: With the backbone as published.
        draws: Sources of batches by the names in ``recipe.order``, from the number of a step; there "spans" is a
            batch of ``texts``.
        texts: Sentences with marked spans.
        recipe: How.
        start: Folder with earlier weights to go on from, of any output dimension.
        out: Folder.
    """
    torch.manual_seed(recipe.seed)
    model = encoder.backbone.model
    layers = linear_layers(model)
    published = {name: layer.weight.detach().clone() for name, layer in layers.items()}
    if start is not None:
        merge_adapter(encoder.backbone, start / ADAPTER_FILE)
    heads = _heads(encoder, list(draws.values()), recipe, start)
    for layer in layers.values():
        layer.weight.requires_grad_(True)
    for head in (heads.projection, heads.context, heads.spans):
        head.train()
    scale = torch.tensor([3.0, -8.0], device=encoder.backbone.device, requires_grad=True)  # of pairs: log factor, shift
    descent = Descent(
        Group([scale], recipe.head_learning_rate * 10, weight_decay=0.0),
        Group([layer.weight for layer in layers.values()], recipe.learning_rate, weight_decay=0.0),
        Group(
            [*heads.projection.parameters(), *heads.context.parameters(), *heads.spans.parameters()],
            recipe.head_learning_rate,
        ),
        steps=recipe.steps,
        clip=1.0,
        every=20,
    )
    ahead = Ahead(encoder, draws, texts, recipe.spans, recipe.order, recipe.steps, recipe.seed)
    out.mkdir(parents=True, exist_ok=True)
    for step, (source, batch) in enumerate(ahead.run(), start=1):
        with torch.autocast(encoder.backbone.device.type, torch.bfloat16, enabled=recipe.bfloat16):
            if isinstance(batch, Comparison):
                loss = _contrast(encoder, heads, batch, recipe, scale)
            else:
                loss = recipe.span_weight * span_loss(heads.spans, encoder, batch, recipe.spans.negative_weight)
        descent.step(**{source: loss})
        last = step == recipe.steps
        if last or (step % CUT_EVERY == 0 and step > FREE_SHARE * recipe.steps):
            kept = {}
            for name, layer in layers.items():
                kept[name] = down, up = low_rank(layer.weight.detach() - published[name], recipe.kept_rank)
                with torch.no_grad():
                    layer.weight.copy_(published[name] + up @ down)
            if last or step % SAVE_EVERY == 0:
                save_adapter(kept, out / ADAPTER_FILE)
                heads.save(out)
    return out


def linear_layers(model: nn.Module) -> dict[str, nn.Linear]:
    """The layers of the blocks whose matrices are trained, by name."""
    return {
        name: layer
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Linear) and name.rpartition(".")[2] in LAYERS
    }


def low_rank(change: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Return the factors ``[rank, in]`` and ``[out, rank]`` whose product is nearest to ``change``."""
    if change.shape[0] > change.shape[1]:
        up, down = low_rank(change.T, rank)
        return down.T, up.T
    squares, axes = torch.linalg.eigh(change.double() @ change.T.double())  # quicker than an SVD of the whole
    left = axes[:, -rank:].float()
    share = squares[-rank:].clamp(min=1e-30).pow(0.25).float()  # to both sides alike, so that half precision suits both
    return (left.T @ change) / share[:, None], left * share


def _contrast(encoder: TorchEncoder, heads: Heads, batch: Comparison, recipe: BodyStep, scale: Tensor) -> Tensor:
    """Loss of the mention part alone and of the whole score."""
    vectors, around = represent(encoder, batch.reading)
    count, place = len(batch.positive), vectors.device
    with torch.autocast(place.type, enabled=False):
        mention, context = heads.projection(vectors), heads.context(around)
        weight = recipe.context_weight
        alone = mention[:count] @ mention[count:].T
        whole = (1 - weight) * alone + weight * (context[:count] @ context[count:].T)
        positive, unknown = (torch.from_numpy(known).to(place) for known in (batch.positive, batch.unknown))
        losses = [multi_positive_loss(cosines / recipe.temperature, positive, unknown) for cosines in (alone, whole)]
        loss = (losses[0] + losses[1]) / 2
        if recipe.pair_weight:
            loss = loss + recipe.pair_weight * pair_loss(scale[0].exp() * whole + scale[1], positive, ~unknown)
    return loss


def pair_loss(logits: Tensor, positive: Tensor, known: Tensor) -> Tensor:
    """Each pair ``[n_types, n_mentions]`` judged by itself (SigLIP's sigmoid loss, arXiv 2303.15343), per positive one.

    `known` is false where nobody knows whether the mention is of the type.
    """
    each = F.binary_cross_entropy_with_logits(logits, positive.float(), reduction="none")
    return each[known].sum() / positive.sum().clamp(min=1)


def represent(encoder: TorchEncoder, reading: Reading) -> tuple[Tensor, Tensor]:
    """Representations of all spans and of their contexts, each ``[n_spans, d]``, in order, with gradients."""
    vectors, around = [], []
    for part in reading.parts:
        tapped, _ = encoder.run(part.ids)
        vectors.append(pool_spans(tapped, part.spans, encoder.backbone.tap.pooling))
        around.append(pool_spans(tapped, part.contexts, "mean"))
    order = torch.from_numpy(reading.order).to(vectors[0].device)
    return torch.cat(vectors)[order], torch.cat(around)[order]


@torch.no_grad()
def _heads(
    encoder: TorchEncoder, draws: Sequence[Callable[[int], Batch]], recipe: BodyStep, start: Path | None
) -> Heads:
    """New heads with the centre of some batches, or earlier ones, rotated to their principal axes and cut."""
    mentions, contexts = [], []
    for number in range(SAMPLE_BATCHES):
        vectors, around = represent(encoder, compare(encoder, draws[number % len(draws)](number)).reading)
        mentions.append(vectors.cpu())
        contexts.append(around.cpu())
    width = encoder.backbone.hidden_size * len(encoder.backbone.state_blocks)
    parts = []
    for file, sample, dimension in (
        (PROJECTION_FILE, torch.cat(mentions), recipe.mention_dimension),
        (CONTEXT_FILE, torch.cat(contexts), recipe.context_dimension),
    ):
        if start is None:
            head = Projection(sample.shape[1], dimension=dimension)
            head.center.copy_(sample.mean(dim=0))
        else:
            head = compress_projection(Projection.load(start / file), sample.numpy(), dimension)
        parts.append(head)
    spans = SpanHead(width) if start is None else SpanHead.load(start / SPAN_HEAD_FILE)
    place = encoder.backbone.device
    projection, context = (part.to(place) for part in parts)
    return Heads(projection, context, spans.to(place))
