"""Train the blocks of a backbone with the projection, the context head and the span head, all at once.

One pass serves all: types and mentions go through the blocks and both projections (InfoNCE both ways, on the mention
part alone and on the whole score), and the states of marked sentences go to the span head.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from nerret_tools.detection.span_head import SpanHead
from nerret_tools.encoding.adapter import merge_adapter, save_adapter
from nerret_tools.encoding.projection import Projection
from nerret_tools.encoding.torch_backend import TorchEncoder, pool_spans
from nerret_tools.lab.training.descent import Descent, Group
from nerret_tools.lab.training.examples import Batch, MarkedSentence
from nerret_tools.lab.training.projection import compress_projection, multi_positive_loss
from nerret_tools.lab.training.recipe import BodyStep
from nerret_tools.lab.training.spans import MarkedText, batches, span_loss
from nerret_tools.models.spec import ADAPTER_FILE, CONTEXT_FILE, PROJECTION_FILE, SPAN_HEAD_FILE

PART_TOKENS = 2048  # padded tokens that run together: like lengths share a part, so little is padding
SAVE_EVERY = 100  # steps between two snapshots, so that a run can be judged while it goes on
SAMPLE_BATCHES = 8  # that centre and principal axes are taken from
LAYERS = ("query", "key", "value", "dense")  # BERT's linear layers


@dataclass(frozen=True)
class Heads:
    """What is trained on top of the backbone.

    Attributes:
        projection: The mention's part of an embedding.
        context: The context's part.
        spans: Finds mentions.
    """

    projection: Projection
    context: Projection
    spans: SpanHead

    def save(self, out: Path) -> None:
        """Write all three."""
        self.projection.save(out / PROJECTION_FILE)
        self.context.save(out / CONTEXT_FILE)
        self.spans.save(out / SPAN_HEAD_FILE)


def train_body(
    encoder: TorchEncoder,
    draws: Mapping[str, Callable[[], Batch]],
    texts: Sequence[MarkedText],
    recipe: BodyStep,
    start: Path | None,
    out: Path,
) -> Path:
    """Train, and write adapter, projection, context head and span head.

    Args:
        encoder: With the backbone as published.
        draws: Sources of batches by the names in ``recipe.order``; there "spans" is a batch of ``texts``.
        texts: Sentences with marked spans.
        recipe: How.
        start: Folder with earlier weights to go on from, of any output dimension.
        out: Folder, which is written to in between too.
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
    descent = Descent(
        Group([layer.weight for layer in layers.values()], recipe.learning_rate, weight_decay=0.0),
        Group(
            [*heads.projection.parameters(), *heads.context.parameters(), *heads.spans.parameters()],
            recipe.head_learning_rate,
        ),
        steps=recipe.steps,
        clip=1.0,
        every=20,
    )
    generator = random.Random(recipe.seed)
    marked = batches(texts, recipe.spans.batch_size, recipe.steps, generator)
    out.mkdir(parents=True, exist_ok=True)
    for step in range(1, recipe.steps + 1):
        source = recipe.order[(step - 1) % len(recipe.order)]
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bfloat16):
            if source == "spans":
                loss = recipe.span_weight * span_loss(heads.spans, encoder, next(marked), recipe.spans, generator)
            else:
                loss = _contrast(encoder, heads, draws[source](), recipe.temperature, recipe.context_weight)
        descent.step(**{source: loss})
        if step % SAVE_EVERY == 0 or step == recipe.steps:
            rank = recipe.kept_rank
            changes = {name: layer.weight.detach() - published[name] for name, layer in layers.items()}
            save_adapter({name: low_rank(change, rank) for name, change in changes.items()}, out / ADAPTER_FILE)
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
    left, sizes, right = torch.linalg.svd(change, full_matrices=False)
    share = sizes[:rank].sqrt()  # to both sides alike, so that half precision suits both
    return share[:, None] * right[:rank], left[:, :rank] * share


def _contrast(encoder: TorchEncoder, heads: Heads, batch: Batch, temperature: float, weight: float) -> Tensor:
    """Loss of the mention part alone and of the whole score."""
    anchors = [MarkedSentence(anchor, [(0, len(anchor))]) for anchor in batch.anchors]
    vectors, around = represent(encoder, [*anchors, *batch.texts])
    count = len(anchors)
    with torch.autocast("cpu", enabled=False):
        mention, context = heads.projection(vectors), heads.context(around)
        alone = mention[:count] @ mention[count:].T
        whole = (1 - weight) * alone + weight * (context[:count] @ context[count:].T)
        positive, unknown = torch.from_numpy(batch.positive), torch.from_numpy(batch.unknown)
        losses = [multi_positive_loss(cosines / temperature, positive, unknown) for cosines in (alone, whole)]
    return (losses[0] + losses[1]) / 2


def represent(encoder: TorchEncoder, texts: Sequence[MarkedSentence]) -> tuple[Tensor, Tensor]:
    """Representations of all texts' spans and of their contexts, each ``[n_spans, d]``, in order, with gradients.

    A text is cut to its first window; a span behind it is read at the window's end.
    """
    tokenized = encoder.tokenize([one.text for one in texts])
    reach = encoder.context_tokens or 0
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
    around: list[Tensor] = []
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
        lengths = [max(1, min(encoder.window_size, len(tokenized[number].ids))) for number in part]
        contexts = [(row, max(0, first - reach), min(lengths[row], stop + reach)) for row, first, stop in inside]
        parts.append(pool_spans(tapped, inside, encoder.backbone.tap.pooling))
        around.append(pool_spans(tapped, contexts, "mean"))
        owners += [number for number in part for _ in spans[number]]
    back = torch.tensor(sorted(range(len(owners)), key=owners.__getitem__))
    return torch.cat(parts)[back], torch.cat(around)[back]


@torch.no_grad()
def _heads(encoder: TorchEncoder, draws: Sequence[Callable[[], Batch]], recipe: BodyStep, start: Path | None) -> Heads:
    """New heads with the centre of some batches, or earlier ones, rotated to their principal axes and cut."""
    mentions, contexts = [], []
    for number in range(SAMPLE_BATCHES):
        batch = draws[number % len(draws)]()
        anchors = [MarkedSentence(anchor, [(0, len(anchor))]) for anchor in batch.anchors]
        vectors, around = represent(encoder, [*batch.texts, *anchors])
        mentions.append(vectors)
        contexts.append(around)
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
    projection, context = parts
    return Heads(projection, context, spans)
