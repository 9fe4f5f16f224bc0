"""Train the span head: recall first, and what a corpus leaves unmarked may be unknown."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from nerret_tools.detection.span_chooser import MAX_WORDS, WordLayout, lay_out
from nerret_tools.detection.span_head import SpanHead
from nerret_tools.detection.word_shapes import MIXED, TITLE, UNKNOWN, UPPER
from nerret_tools.encoding.torch_backend import TorchEncoder
from nerret_tools.encoding.windows import TokenizedText, Window
from nerret_tools.errors import ModelError
from nerret_tools.lab.training.descent import Descent, Group
from nerret_tools.lab.training.recipe import SpansStep, SpanTraining

# A sentence's first word has a capital whatever it is; these are then known to be no names.
SENTENCE_OPENERS = frozenset(
    "a after all also although an and as at because before both but by despite during each for from "
    "he her his how however i if in into is it its later many most not of on one once only other our "
    "over she since so some such that the their then there these they this those though through to "
    "two under until upon was we what when where which while who with you".split()
)


@dataclass(frozen=True)
class MarkedText:
    """A sentence with its marked spans.

    Attributes:
        text: The sentence.
        spans: Its mentions.
        complete: Whether every name is marked. Where not, an unmarked capitalised word is unknown.
        unknown: More words of which nobody knows.
        partly: Whether any noun may be an unmarked mention: only what overlaps a mention is known to be none.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    complete: bool
    unknown: tuple[tuple[int, int], ...] = ()
    partly: bool = False


def train_span_head(
    encoder: TorchEncoder, texts: Sequence[MarkedText], recipe: SpansStep, start: SpanHead | None = None
) -> SpanHead:
    """Train a head on the states of the frozen encoder.

    Args:
        encoder: Gives the states.
        texts: With marked spans.
        recipe: How.
        start: Is trained on, such as the head that an adapter was trained with; a new one without.
    """
    torch.manual_seed(recipe.seed)
    width = encoder.backbone.hidden_size * len(encoder.backbone.state_blocks)
    head = (start or SpanHead(width)).to(encoder.backbone.device)
    head.threshold, head.overlap_threshold = recipe.threshold, recipe.overlap_threshold
    head.train()
    descent = Descent(Group(head.parameters(), recipe.learning_rate), steps=recipe.steps, clip=1.0, every=100)
    generator = random.Random(recipe.seed)
    for _ in range(recipe.steps):
        batch = prepare_spans(encoder, texts, recipe.training, generator)
        descent.step(loss=span_loss(head, encoder, batch, recipe.training.negative_weight))
    return head.eval()


@dataclass(frozen=True)
class SpanBatch:
    """Sentences, ready for the span head.

    Attributes:
        ids: Tokens of each sentence's first window.
        layout: Where their words are.
        shapes: Letter case of the words, hidden in some sentences, ``[n, longest]``.
        labels: See `span_labels`, ``[n, longest, MAX_WORDS]``.
    """

    ids: list[list[int]]
    layout: WordLayout
    shapes: np.ndarray
    labels: np.ndarray


def prepare_spans(
    encoder: TorchEncoder, texts: Sequence[MarkedText], recipe: SpanTraining, generator: random.Random
) -> SpanBatch:
    """Draw sentences of like length: neighbours in a sorted pool of 32 times as many."""
    pool = generator.sample(texts, min(32 * recipe.batch_size, len(texts)))
    first = recipe.batch_size * generator.randrange(-(-len(pool) // recipe.batch_size))
    batch = sorted(pool, key=lambda text: len(text.text))[first : first + recipe.batch_size]
    tokenized = encoder.tokenize([marked.text for marked in batch])
    views = [(tokens, encoder.windows(tokens)[0]) for tokens in tokenized]
    layout = lay_out(views)
    shapes = layout.shapes.copy()
    labels = np.full((*shapes.shape, MAX_WORDS), -1.0, dtype=np.float32)
    for row, (marked, (tokens, window), bound) in enumerate(zip(batch, views, layout.bounds, strict=True)):
        count = len(bound) - 1
        labels[row, :count] = span_labels(marked, tokens, window, bound, shapes[row, :count])
        if generator.random() < recipe.drop_case:
            shapes[row] = UNKNOWN
    ids = [list(tokens.ids[window.start : window.end]) for tokens, window in views]
    return SpanBatch(ids, layout, shapes, labels)


def span_loss(head: SpanHead, encoder: TorchEncoder, batch: SpanBatch, negative_weight: float) -> torch.Tensor:
    """Detection loss of a batch; the encoder's weights get gradients where they want them."""
    _, states = encoder.run(batch.ids)
    if states is None:
        raise ModelError("this backbone was cut without state blocks")
    words, _, mask = head.words_of(states, batch.layout)
    logits = head(words, torch.from_numpy(batch.shapes).to(words.device), mask)
    target = torch.from_numpy(batch.labels).to(words.device)
    known = (target >= 0) & torch.isfinite(logits)
    losses = F.binary_cross_entropy_with_logits(logits[known], target[known], reduction="none")
    weights = torch.where(target[known] > 0.5, 1.0, negative_weight)
    return (losses * weights).sum() / (target == 1).sum().clamp(min=1)


def span_labels(
    marked: MarkedText, tokens: TokenizedText, window: Window, bound: np.ndarray, shapes: np.ndarray
) -> np.ndarray:
    """Label every span of a window: 1 mention, 0 none, -1 unknown; ``[n_words, MAX_WORDS]``."""
    count = len(bound) - 1
    starts = tokens.starts[bound[:-1] + window.start]
    ends = tokens.ends[bound[1:] + window.start - 1]

    def words_of(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        firsts = [int(np.searchsorted(ends, start, side="right")) for start, _ in spans]
        lasts = [int(np.searchsorted(starts, end, side="left")) - 1 for _, end in spans]
        return [(first, last) for first, last in zip(firsts, lasts, strict=True) if first <= last]

    gold = words_of(marked.spans)
    taken, unknown = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    for first, last in gold:
        taken[first : last + 1] = True
    if not marked.complete:
        unknown = np.isin(shapes, (TITLE, UPPER, MIXED))
        if count and marked.text[starts[0] : ends[0]].lower() in SENTENCE_OPENERS:
            unknown[0] = False
    if marked.partly:
        said = (marked.text[start:end].lower() for start, end in zip(starts, ends, strict=True))
        unknown = np.array([word[:1].isalnum() and word not in SENTENCE_OPENERS for word in said], dtype=bool)
    for first, last in words_of(marked.unknown):
        unknown[first : last + 1] = True
    unknown &= ~taken
    labels = np.zeros((count, MAX_WORDS), dtype=np.float32)
    if unknown.any():
        before = np.concatenate([[0], np.cumsum(unknown)])
        overlaps = np.concatenate([[0], np.cumsum(taken)])
        for length in range(1, min(MAX_WORDS, count) + 1):
            has_unknown = before[length:] - before[:-length] > 0
            touches_gold = overlaps[length:] - overlaps[:-length] > 0
            labels[: count - length + 1, length - 1][has_unknown & ~touches_gold] = -1
    for first, last in gold:
        if last - first < MAX_WORDS:
            labels[first, last - first] = 1
    return labels
