"""Representations: windows, pooling, offsets, batches."""

import numpy as np
import pytest
import torch

from nerret_tools.encoding import POOLINGS, Tap
from nerret_tools.encoding.backbone import CutBackbone
from nerret_tools.encoding.torch_backend import TorchEncoder
from nerret_tools.encoding.windows import Window, best_window, split_windows
from nerret_tools.errors import InputError, ModelError

TEXT = "Nobody in the village had seen a dinosaur from Peru near the river in 1994."


def spans_of(text, *surfaces):
    return [(text.index(surface), text.index(surface) + len(surface)) for surface in surfaces]


def bert_encoder(bert, tokenizer, pooling="mean", **options):
    return TorchEncoder(CutBackbone(bert, Tap(2, "value", pooling)), tokenizer, **options)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("family", ["bert", "llama"])
def test_a_span_is_pooled_over_its_own_tokens(family, pooling, request):
    model, tokenizer = request.getfixturevalue(family), request.getfixturevalue(f"{family}_tokenizer")
    spans = spans_of(TEXT, "dinosaur", "the river in")
    encoded = tokenizer(TEXT, return_offsets_mapping=True, return_tensors="pt")
    offsets = encoded.pop("offset_mapping")[0].tolist()
    cut = CutBackbone(model, Tap(2, "value", pooling))
    with torch.inference_mode():
        states = cut(encoded["input_ids"], torch.ones_like(encoded["input_ids"]))[0][0]
    result = TorchEncoder(cut, tokenizer).encode([TEXT], [spans])[0]
    assert result.spans.tolist() == sorted(map(list, spans))
    for (start, end), vector in zip(result.spans.tolist(), result.vectors, strict=True):
        rows = [i for i, (a, b) in enumerate(offsets) if a < end and b > start]
        expected = {"mean": states[rows].mean(0), "last": states[rows[-1]], "first": states[rows[0]]}[pooling]
        np.testing.assert_allclose(vector, expected.numpy(), atol=1e-5)


def test_a_vector_does_not_depend_on_its_batch(bert, bert_tokenizer):
    generator = np.random.default_rng(5)
    words = TEXT.split()
    texts = [" ".join(generator.choice(words, size=size)) for size in generator.integers(1, 45, size=30)]
    spans = [[(0, len(text.split()[0])), (len(text) - len(text.split()[-1]), len(text))] for text in texts]
    encoder = bert_encoder(bert, bert_tokenizer, batch_tokens=160)
    together = encoder.encode(texts, spans)
    for text, given, batched in zip(texts, spans, together, strict=True):
        alone = encoder.encode([text], [given])[0]
        np.testing.assert_allclose(batched.vectors, alone.vectors, atol=1e-4)


def test_a_long_text_is_read_in_windows_and_nothing_is_lost(bert, bert_tokenizer):
    text = " and ".join([TEXT[:-1]] * 12)
    spans = [(i, i + len("dinosaur")) for i in range(len(text)) if text.startswith("dinosaur", i)]
    encoder = bert_encoder(bert, bert_tokenizer, window_tokens=40, window_overlap=12)
    tokens = encoder.tokenize([text])[0]
    windows = split_windows(len(tokens.ids), encoder.window_size, encoder.window_overlap)
    assert len(windows) > 5
    result = encoder.encode([text], [spans])[0]
    assert result.spans.tolist() == [list(span) for span in spans]
    for (start, end), vector in zip(spans, result.vectors, strict=True):
        first, stop = tokens.tokens_of(start, end)
        contexts = {
            min(first - w.start, w.end - stop): w for w in reversed(windows) if w.start <= first and stop <= w.end
        }
        window = contexts[max(contexts)]
        ids = torch.tensor([[2, *tokens.ids[window.start : window.end], 3]])
        with torch.inference_mode():
            states = encoder.backbone(ids, torch.ones_like(ids))[0][0]
        expected = states[1 + first - window.start : 1 + stop - window.start].mean(0)
        np.testing.assert_allclose(vector, expected.numpy(), atol=1e-5)


def test_a_span_that_cannot_be_read_is_reported_with_its_reason(bert, bert_tokenizer):
    text = "river  " + " ".join(["village"] * 40)
    encoder = bert_encoder(bert, bert_tokenizer, window_tokens=30, window_overlap=8)
    result = encoder.encode([text], [[(0, 5), (5, 7), (7, len(text))]])[0]
    assert result.spans.tolist() == [[0, 5]]
    assert [(one.start, one.end) for one in result.unreadable] == [(5, 7), (7, len(text))]
    assert "no token" in result.unreadable[0].reason
    assert "too long for a window" in result.unreadable[1].reason


def test_two_spans_on_the_same_tokens_both_get_the_vector(bert, bert_tokenizer):
    result = bert_encoder(bert, bert_tokenizer).encode(["near  Oslo"], [[(6, 10), (5, 10)]])[0]
    assert result.spans.tolist() == [[5, 10], [6, 10]]
    np.testing.assert_array_equal(result.vectors[0], result.vectors[1])


@pytest.mark.parametrize("text", ["", "   ", "\x00", "\ud800", "🦕", "a\ud800b"])
def test_odd_texts_give_odd_but_finite_answers(text, bert, bert_tokenizer):
    result = bert_encoder(bert, bert_tokenizer).encode([text, "Oslo"], [[], [(0, 4)]])
    assert result[0].vectors.shape == (0, 32)
    assert len(result[1].vectors) == 1


def test_offsets_are_the_documents_own_with_characters_outside_the_basic_plane(bert, bert_tokenizer):
    text = "🦕🦖 the dinosaur in Péru"
    spans = spans_of(text, "dinosaur", "Péru")
    tokens = bert_encoder(bert, bert_tokenizer).tokenize([text])[0]
    for start, end in spans:
        first, stop = tokens.tokens_of(start, end)
        assert (tokens.starts[first], tokens.ends[stop - 1]) == (start, end)


def test_types_ignore_case_and_white_space_around(bert, bert_tokenizer):
    encoder = bert_encoder(bert, bert_tokenizer)
    plain, shouted, spaced = encoder.encode_types(["small comet", "SMALL Comet", "  small \n comet "])
    np.testing.assert_allclose(plain, shouted, atol=1e-6)
    np.testing.assert_allclose(plain, spaced, atol=1e-6)


def test_every_short_run_lies_whole_in_a_window_and_the_best_has_most_context():
    windows = split_windows(100, 20, 7)
    assert windows[0] == Window(0, 20)
    assert windows[-1].end == 100
    for first in range(100 - 7 + 1):
        chosen = windows[best_window(windows, first, first + 7)]
        context = min(first - chosen.start, chosen.end - first - 7)
        others = [min(first - w.start, w.end - first - 7) for w in windows]
        assert context == max(others)
    with pytest.raises(InputError, match="overlap"):
        split_windows(10, 5, 5)


def test_a_tokenizer_without_offsets_is_refused(bert):
    class Slow:
        is_fast = False

    with pytest.raises(ModelError, match="gives no offsets"):
        TorchEncoder(CutBackbone(bert, Tap(1)), Slow())
