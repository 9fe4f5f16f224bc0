"""Train the context head: what a sentence says of a type, learnt from the complete sentence embedder.

The backbone's own sentence embeddings (all blocks, as published) are a second opinion on "does this
sentence have to do with that type". The head gives nearly the same opinion from the states at the tap,
which the pass for the mentions has at hand anyway.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from nerret_tools.encoding.projection import Projection
from nerret_tools.lab.training.descent import Descent, Group
from nerret_tools.lab.training.projection import multi_positive_loss
from nerret_tools.lab.training.recipe import ContextRecipe


@dataclass(frozen=True)
class SentencePairs:
    """Sentences and type descriptions, as the head reads them and as its teacher does.

    Attributes:
        sentences: Mean at the tap, ``[n, d]`` float32.
        taught_sentences: The teacher's, unit length, ``[n, t]`` float32.
        types: Descriptions at the tap, ``[m, d]`` float32.
        taught_types: The teacher's, unit length, ``[m, t]`` float32.
        described: Positions in ``types`` of the descriptions whose sentences are known, ``[k]``.
        has: True where the sentence has an entity of that type, ``[k, n]`` bool.
    """

    sentences: np.ndarray
    taught_sentences: np.ndarray
    types: np.ndarray
    taught_types: np.ndarray
    described: np.ndarray
    has: np.ndarray


def train_context_head(pairs: SentencePairs, recipe: ContextRecipe) -> Projection:
    """Train a projection of contexts and of types to ``recipe.dimension``.

    Two losses: for each type, the order that the teacher gives to a batch of sentences
    (Kullback-Leibler divergence of the softmax of cosines over sentences); and InfoNCE on the
    sentences whose types are marked.
    """
    torch.manual_seed(recipe.seed)
    generator = np.random.default_rng(recipe.seed)
    sentences, taught_sentences = torch.from_numpy(pairs.sentences), torch.from_numpy(pairs.taught_sentences)
    types, taught_types = torch.from_numpy(pairs.types), torch.from_numpy(pairs.taught_types)
    has, described = torch.from_numpy(pairs.has), torch.from_numpy(pairs.described)
    head = Projection(sentences.shape[1], recipe.hidden, recipe.dimension)
    head.center.copy_((sentences.mean(dim=0) + types.mean(dim=0)) / 2)
    head.train()
    descent = Descent(Group(head.parameters(), recipe.learning_rate), steps=recipe.steps, every=250)
    for _ in range(recipe.steps):
        rows = torch.from_numpy(generator.choice(len(sentences), min(recipe.sentences, len(sentences)), replace=False))
        columns = torch.from_numpy(generator.choice(len(types), min(recipe.types, len(types)), replace=False))
        contexts = head(sentences[rows])
        loss = _order_loss(head(types[columns]) @ contexts.T, taught_types[columns] @ taught_sentences[rows].T, recipe)
        if recipe.labelled_weight and len(described):
            logits = head(types[described]) @ contexts.T / recipe.temperature
            loss = loss + recipe.labelled_weight * multi_positive_loss(logits, has[:, rows])
        descent.step(loss=loss)
    return head.eval()


def compress_projection(projection: Projection, vectors: np.ndarray, dimension: int) -> Projection:
    """Return a projection with fewer dimensions and nearly the same cosines.

    The second layer is rotated to the principal axes (around the origin, so that cosines are what
    is kept) of the embeddings of ``vectors``, and the first ``dimension`` of them stay.

    Args:
        projection: With at least as many dimensions.
        vectors: A sample of representations, ``[n, d]`` float32.
        dimension: To keep.
    """
    with torch.inference_mode():
        embeddings = projection.eval()(torch.from_numpy(vectors)).double()
        _, axes = torch.linalg.eigh(embeddings.T @ embeddings)
        kept = axes.flip(dims=[1])[:, :dimension].T.float()
        smaller = Projection(projection.input_dimension, projection.first.out_features, dimension)
        smaller.center.copy_(projection.center)
        smaller.first.load_state_dict(projection.first.state_dict())
        smaller.second.weight.copy_(kept @ projection.second.weight)
        smaller.second.bias.copy_(kept @ projection.second.bias)
    return smaller.eval()


def _order_loss(given: Tensor, taught: Tensor, recipe: ContextRecipe) -> Tensor:
    target = F.softmax(taught / recipe.temperature, dim=1)
    return F.kl_div(F.log_softmax(given / recipe.temperature, dim=1), target, reduction="batchmean")
