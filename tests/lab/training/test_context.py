"""The context head: it learns its teacher's order, and the projection makes room for it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nerret_tools.encoding.projection import Projection
from nerret_tools.lab.training.context import SentencePairs, compress_projection, train_context_head
from nerret_tools.lab.training.recipe import ContextRecipe


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def world(seed, sentences=400, types=40):
    """A teacher that sees a hidden vector, and states that are a linear mixture of it and of noise."""
    generator = np.random.default_rng(seed)
    mixture = np.random.default_rng(7).standard_normal((12, 24))
    hidden, hidden_types = generator.standard_normal((sentences, 12)), generator.standard_normal((types, 12))

    def states(of):
        return (of @ mixture + 0.3 * generator.standard_normal((len(of), 24)) + 3).astype(np.float32)

    has = unit(hidden_types[:5]) @ unit(hidden).T > 0.5
    return SentencePairs(states(hidden), unit(hidden), states(hidden_types), unit(hidden_types), np.arange(5), has)


def agreement(head, pairs):
    """Mean correlation of the head's cosines with the teacher's, over types."""
    with torch.inference_mode():
        ours = head(torch.from_numpy(pairs.types)) @ head(torch.from_numpy(pairs.sentences)).T
    theirs = pairs.taught_types @ pairs.taught_sentences.T
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(ours.numpy(), theirs, strict=True)]))


def test_the_head_learns_its_teachers_order_and_keeps_it_on_new_sentences():
    recipe = ContextRecipe(
        taxonomy="", labelled=[], steps=300, hidden=64, dimension=10, sentences=200, types=20, temperature=0.2
    )
    head = train_context_head(world(1), recipe)
    assert head.dimension == 10
    fresh = world(2)
    untrained = Projection(24, 64, 10).eval()
    untrained.center.copy_(head.center)
    assert agreement(head, fresh) > 0.8 > agreement(untrained, fresh) + 0.3


def test_a_compressed_projection_keeps_the_cosines():
    torch.manual_seed(0)
    projection = Projection(24, 32, 60).eval()
    vectors = np.random.default_rng(0).standard_normal((500, 24)).astype(np.float32)
    smaller = compress_projection(projection, vectors, 33)
    with torch.inference_mode():
        before, after = projection(torch.from_numpy(vectors)), smaller(torch.from_numpy(vectors))
    assert after.shape == (500, 33)
    # 32 hidden units and a bias: 33 dimensions hold everything
    assert (after @ after.T).numpy() == pytest.approx((before @ before.T).numpy(), abs=1e-5)
    coarse = compress_projection(projection, vectors, 12)
    with torch.inference_mode():
        rough = coarse(torch.from_numpy(vectors))
    apart = np.corrcoef((rough @ rough.T).numpy().ravel(), (before @ before.T).numpy().ravel())[0, 1]
    assert 0.8 < apart < 1
