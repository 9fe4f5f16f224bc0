"""The paper's path, written out: complete model, hook, right padding, last token by offsets, MLP."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from nerret_tools.encoding.shards import SHARD_INDEX, needed_shards
from nerret_tools.errors import ModelError, ModelNotFoundError
from nerret_tools.models import find_spec
from nerret_tools.models.backbone_files import backbone_folder
from nerret_tools.models.encoders import load_encoder
from nerret_tools.models.model import Model
from tests.large import SENTENCES

TEXTS = [
    *SENTENCES,
    "Oslo",
    "Péru 🦕 near a river (Oslo).",
    " and ".join([one.rstrip(".") for one in SENTENCES[:2]] * 4),
]
SURFACES = [["dinosaur", "Oslo"], ["Peru", "nine aircraft", "1994"], ["Oslo", "Jean-Luc O'Brien"], ["Oslo"]]
SURFACES += [["Péru", "🦕", "Oslo"], ["Oslo", "An airline from Peru"]]


def spans_of(text, surfaces):
    return [(text.index(surface), text.index(surface) + len(surface)) for surface in surfaces]


SPANS = [spans_of(text, surfaces) for text, surfaces in zip(TEXTS, SURFACES, strict=True)]


def reference(tiny, texts, spans):
    """Vectors before and after the MLP, for each span of each text."""
    seen = []
    layer = tiny.model.model.layers[17].self_attn.v_proj
    handle = layer.register_forward_hook(lambda _m, _i, output: seen.append(output))
    tiny.tokenizer.padding_side = "right"
    batch = tiny.tokenizer(texts, padding=True, return_tensors="pt", return_offsets_mapping=True)
    with torch.inference_mode():
        tiny.model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False)
        handle.remove()
        raw, projected = [], []
        for row, wanted in enumerate(spans):
            offsets = batch["offset_mapping"][row].tolist()
            lasts = [max(i for i, (a, b) in enumerate(offsets) if a < end <= b) for _, end in wanted]
            raw.append(seen[0][row, lasts])
            projected.append(F.normalize(tiny.head(raw[-1]), dim=-1))
    return raw, projected


def test_vectors_equal_the_reference_to_rounding(tiny_llama):
    raw, projected = reference(tiny_llama, TEXTS, SPANS)
    model = Model(tiny_llama.spec, precision="float32").load()
    encoded = model.encoder.encode(TEXTS, SPANS)
    embedded = model.encode(TEXTS, SPANS)
    for text in range(len(TEXTS)):
        order = np.argsort([span[0] for span in SPANS[text]])
        assert encoded[text].spans.tolist() == [list(SPANS[text][i]) for i in order]
        np.testing.assert_allclose(encoded[text].vectors, raw[text].numpy()[order], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(embedded[text].embeddings, projected[text].numpy()[order], atol=1e-5)
    different = np.concatenate([one.embeddings for one in embedded])
    assert np.linalg.norm(different[0] - different[1]) > 1e-2  # the test could tell


def test_types_equal_the_reference_too(tiny_llama):
    types = ["dinosaur", "body of water", "An airline"]
    _, projected = reference(tiny_llama, types, [[(0, len(name))] for name in types])
    found = Model(tiny_llama.spec, precision="float32").load().encode_types(types)
    np.testing.assert_allclose(found, torch.cat(projected).numpy(), atol=1e-5)


def test_every_span_is_either_read_or_reported(tiny_llama):
    text = "The small  dinosaur"
    spans = [(0, 3), (9, 11), (11, 19)]
    [result] = Model(tiny_llama.spec, precision="float32").load().encode([text], [spans])
    assert result.spans.tolist() == [[0, 3], [11, 19]]
    assert [(one.start, one.end) for one in result.unreadable] == [(9, 11)]


def test_the_shards_above_the_tap_are_neither_read_nor_needed(tiny_llama, tmp_path):
    copy = tmp_path / "llama"
    shutil.copytree(tiny_llama.folder / "llama", copy)
    weight_map = json.loads((copy / SHARD_INDEX).read_text())["weight_map"]
    needed = set(needed_shards(weight_map, 18).values())
    upper = set(weight_map.values()) - needed
    assert upper
    assert any("layers.17.self_attn.v_proj" in name for name, file in weight_map.items() if file in needed)
    for file in upper:
        (copy / file).unlink()
    lower = load_encoder(tiny_llama.spec, copy, "float32")
    complete = load_encoder(tiny_llama.spec, precision="float32")
    ours, theirs = lower.encode(TEXTS, SPANS), complete.encode(TEXTS, SPANS)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one.vectors, other.vectors)
    kept = {name.split(".")[1] for name, _ in lower.backbone.model.named_parameters() if name.startswith("layers.")}
    assert kept == {str(block) for block in range(18)}
    (copy / sorted(needed)[0]).unlink()
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_encoder(tiny_llama.spec, copy, "float32")


def test_two_replicas_and_tokenizing_ahead_give_the_same_vectors(tiny_llama):
    one = load_encoder(tiny_llama.spec, precision="float32", device="cpu")
    two = load_encoder(tiny_llama.spec, precision="float32", device="cpu, cpu")
    assert (len(one.backend.replicas), len(two.backend.replicas)) == (1, 2)
    two.batch_tokens, two.texts_ahead = 60, 7
    texts, spans = TEXTS * 5, SPANS * 5
    for single, shared in zip(one.encode(texts, spans), two.encode(texts, spans), strict=True):
        assert single.spans.tolist() == shared.spans.tolist()
        np.testing.assert_allclose(single.vectors, shared.vectors, atol=1e-4)


def test_long_texts_run_in_the_windows_of_the_description(tiny_llama):
    encoder = load_encoder(tiny_llama.spec, precision="float32")
    assert encoder.window_size == 255  # one token goes before each window
    text = " ".join(SENTENCES[0] for _ in range(60))
    places = [i for i in range(len(text)) if text.startswith("Oslo", i)]
    [result] = encoder.encode([text], [[(i, i + 4) for i in places]])
    assert len(result.spans) == 60
    assert find_spec("llama-3.1-8b").window_tokens == 2048


def test_of_a_model_on_the_hub_only_what_lies_below_the_tap_must_be_here(tiny_llama, tmp_path, monkeypatch):
    commit = "a" * 40
    spec = dataclasses.replace(tiny_llama.spec, folder=None, revision=commit)
    snapshot = tmp_path / "models--made-up--tiny-llama" / "snapshots" / commit
    shutil.copytree(tiny_llama.folder / "llama", snapshot)
    weight_map = json.loads((snapshot / SHARD_INDEX).read_text())["weight_map"]
    needed = sorted(set(needed_shards(weight_map, 18).values()))
    for file in set(weight_map.values()) - set(needed):
        (snapshot / file).unlink()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert backbone_folder(spec) == snapshot
    (snapshot / needed[0]).unlink()
    with pytest.raises(ModelNotFoundError, match="hf download made-up/tiny-llama --revision aaaa"):
        backbone_folder(spec)
