"""Rows without padding: full, and without any word from one text to the next."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import MistralConfig, MistralModel, Qwen3Config, Qwen3Model

from nerret_tools.encoding import Tap
from nerret_tools.encoding.backbone import CutBackbone
from nerret_tools.encoding.packing import ROW_TOKENS, choose_rows, pack, run_packed
from nerret_tools.encoding.torch_backend import TorchEncoder

from .conftest import tiny


@given(st.lists(st.integers(0, 40), max_size=60))
@settings(max_examples=50)
def test_every_text_is_in_one_row_and_no_row_overflows(lengths):
    rows = pack(lengths, 40)
    assert sorted(item for row in rows for item in row) == list(range(len(lengths)))
    assert all(sum(lengths[item] for item in row) <= 40 for row in rows)
    halves = [sum(lengths[item] for item in row) <= 20 for row in rows]
    assert sum(halves) <= 1  # two rows that are at most half full would have been one


@pytest.mark.parametrize("count", [1, 2, 17, 20, 40, 600])
@pytest.mark.parametrize("mean", [32, 250])
def test_few_places_stay_empty_however_many_texts_there_are(count, mean):
    lengths = (np.random.default_rng(count).gamma(4, mean / 4, size=count).astype(int) + 4).tolist()
    rows = choose_rows(lengths)
    assert sorted(item for row in rows for item in row) == list(range(count))
    width = max(sum(lengths[item] for item in row) for row in rows)
    assert width < 2 * max(ROW_TOKENS, *lengths, 0)
    assert sum(lengths) / (len(rows) * width) > (0.95 if mean == 32 else 0.85)


@pytest.mark.parametrize("family", ["llama", "mistral with a sliding window", "qwen 3"])
@pytest.mark.parametrize("state_blocks", [(), (0, 1)])
def test_packed_equals_each_text_alone(family, state_blocks, llama):
    sizes = {"vocab_size": 320, "num_key_value_heads": 2}
    model = {
        "llama": lambda: llama,
        "mistral with a sliding window": lambda: tiny(MistralModel, MistralConfig, 6, sliding_window=5, **sizes),
        "qwen 3": lambda: tiny(Qwen3Model, Qwen3Config, 7, head_dim=8, **sizes),
    }[family]()
    cut = CutBackbone(model, Tap(3), state_blocks)
    assert cut.causal
    generator = np.random.default_rng(2)
    texts = [generator.integers(4, 320, size=size).tolist() for size in [1, 30, 7, 1, 12, 30, 500, 64]]
    with torch.inference_mode():
        tapped, states = run_packed(cut, texts, 0)
        for row, text in enumerate(texts):
            alone, own_states = cut(torch.tensor([text]), torch.ones(1, len(text), dtype=torch.long))
            torch.testing.assert_close(tapped[row, : len(text)], alone[0], atol=1e-5, rtol=1e-5)
            if state_blocks:
                torch.testing.assert_close(states[row, : len(text)], own_states[0], atol=1e-5, rtol=1e-5)


def test_the_encoder_packs_causal_backbones_and_a_vector_does_not_depend_on_its_batch(llama, llama_tokenizer):
    words = "The small dinosaur crossed the river near Oslo".split()
    generator = np.random.default_rng(5)
    texts = [" ".join(generator.choice(words, size=size)) for size in generator.integers(1, 20, size=40)]
    spans = [[(0, len(text.split()[0])), (len(text) - len(text.split()[-1]), len(text))] for text in texts]
    encoder = TorchEncoder(CutBackbone(llama, Tap(2, "value", "last")), llama_tokenizer, batch_tokens=300)
    for text, given_spans, together in zip(texts, spans, encoder.encode(texts, spans), strict=True):
        alone = encoder.encode([text], [given_spans])[0]
        np.testing.assert_allclose(together.vectors, alone.vectors, atol=1e-5)


def test_bidirectional_backbones_are_not_packed(bert):
    assert not CutBackbone(bert, Tap(2)).causal
