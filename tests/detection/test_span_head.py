"""The span head: words from tokens, scores of spans, choice, and what it learns."""

import numpy as np
import pytest
import torch

from nerret_tools.detection.span_chooser import MAX_WORDS
from nerret_tools.detection.span_head import SpanHead
from nerret_tools.detection.word_shapes import LOWER, TITLE, UNKNOWN, word_shapes
from nerret_tools.errors import ModelError

STATES = 24


@pytest.fixture
def head():
    torch.manual_seed(4)
    return SpanHead(STATES, threshold=0.3, overlap_threshold=0.8).eval()


def test_a_word_is_the_mean_of_its_tokens(head, pieces):
    view = pieces("Iberia flew to Madrid")
    states = torch.randn(1, 8, STATES)
    words, shapes, mask, bounds = head.word_states(states, [view])
    assert bounds[0].tolist() == [0, 2, 3, 4, 6]
    assert mask.tolist() == [[True] * 4]
    torch.testing.assert_close(words[0, 0], states[0, :2].mean(0))
    torch.testing.assert_close(words[0, 3], states[0, 4:6].mean(0))
    assert shapes.tolist() == [[TITLE, LOWER, LOWER, TITLE]]


def test_scores_do_not_depend_on_what_else_is_in_the_batch(head, pieces):
    short, long = pieces("Iberia flew"), pieces("nobody saw the train to Madrid that night")
    states = torch.randn(2, 20, STATES)
    together = head(*head.word_states(states, [short, long])[:3])
    alone = head(*head.word_states(states[:1], [short])[:3])
    torch.testing.assert_close(together[0, :2], alone[0], atol=1e-5, rtol=1e-4)


def test_a_span_past_the_end_is_impossible(head, pieces):
    logits = head(*head.word_states(torch.randn(1, 6, STATES), [pieces("one two six")])[:3])
    assert logits.shape == (1, 3, MAX_WORDS)
    finite = torch.isfinite(logits[0])
    assert finite.sum(dim=1).tolist() == [3, 2, 1]


def test_an_overlapping_span_needs_the_higher_threshold(head):
    probabilities = np.zeros((4, MAX_WORDS))
    probabilities[0, 1] = 0.95  # words 0-1
    probabilities[1, 0] = 0.5  # inside it: not likely enough
    probabilities[0, 0] = 0.85  # inside it: likely enough
    probabilities[3, 0] = 0.35  # on its own
    probabilities[2, 0] = 0.1  # too unlikely even so
    assert head._choose(probabilities).tolist() == [[0, 2], [0, 1], [3, 4]]


def test_proposals_are_token_spans_and_an_empty_window_has_none(head, pieces):
    head.threshold = head.overlap_threshold = 0.0
    found = head.propose(torch.randn(2, 8, STATES), [pieces("Iberia flew"), pieces("")])
    assert sorted(found[0].tolist()) == [[0, 2], [0, 3], [2, 3]]
    assert found[1].shape == (0, 2)


def test_what_is_saved_comes_back(head, tmp_path):
    head.save(tmp_path / "spans.safetensors")
    loaded = SpanHead.load(tmp_path / "spans.safetensors")
    assert (loaded.threshold, loaded.overlap_threshold) == (0.3, 0.8)
    inputs = torch.randn(1, 5, STATES), torch.zeros(1, 5, dtype=torch.long), torch.ones(1, 5, dtype=torch.bool)
    torch.testing.assert_close(
        loaded(*inputs), head(*inputs), atol=2e-3, rtol=1e-2
    )  # weights are kept in half precision
    (tmp_path / "spans.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="not a span head"):
        SpanHead.load(tmp_path / "spans.safetensors")


def test_a_text_without_capitals_says_nothing_by_its_case():
    starts, ends = np.array([0, 7]), np.array([6, 11])
    assert word_shapes("iberia flew", starts, ends).tolist() == [UNKNOWN, UNKNOWN]
    assert word_shapes("Iberia flew", starts, ends).tolist() == [TITLE, LOWER]
