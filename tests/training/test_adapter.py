"""An adapter is trained, written, and merged again into the weights it was trained in."""

from __future__ import annotations

import dataclasses
import json
import logging

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from nerret_tools.cli.app import app
from nerret_tools.encoding.adapter import merge_adapter
from nerret_tools.errors import ModelError
from nerret_tools.models import find_spec
from nerret_tools.models.encoders import load_encoder
from nerret_tools.training import adapter as adapter_module
from nerret_tools.training.adapter import represent
from nerret_tools.training.examples import MarkedSentence

TEXTS = [
    MarkedSentence("The barge Old Bess went up the Danube .", [(10, 18), (31, 37)]),
    MarkedSentence("Ghent", [(0, 5)]),
]


def recipe(folder, marked, types, **changes):
    parts = {
        "adapter": {
            "taxonomy": "nouns.noun",
            "labelled": [{"path": marked, "types": types}],
            "steps": 4,
            "rank": 4,
            "types": 3,
            "sentences": 3,
            "mined": 3,
            **changes,
        },
        "spans": {"data": [{"path": marked, "complete": True}], "batch_size": 3},
        "projection": {"taxonomy": "nouns.noun"},
        "calibration": {"labelled": {"path": marked, "types": types}},
    }
    path = folder / "recipe.json"
    path.write_text(json.dumps(parts), encoding="utf-8")
    return path


@pytest.fixture
def world(tmp_path, noun_file, labelled_files, monkeypatch):
    """Nouns of which each category has enough members, and sentences of which one says a kind."""
    marked, types = labelled_files
    more = {"id": "mined", "text": "They say that the Old Bess is a barge .", "entities": []}
    with (tmp_path / marked).open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps(more))
    from nerret_tools.training import steps, taxonomy

    monkeypatch.setattr(steps, "read_wordnet", lambda path: taxonomy.read_wordnet(path, min_members=1))
    return tmp_path, recipe(tmp_path, marked, types)


@pytest.mark.parametrize("changes", [{}, {"rank": None, "learning_rate": 1e-4}], ids=["low rank", "whole matrices"])
def test_a_merged_adapter_gives_what_was_trained(world, labelled_files, changes, monkeypatch, caplog):
    folder, _ = world
    path = recipe(folder, *labelled_files, **changes)
    trained = []
    original = adapter_module.train_adapter
    monkeypatch.setattr(
        "nerret_tools.training.steps.train_adapter",
        lambda *arguments: trained.append(original(*arguments)) or trained[0],
    )
    caplog.set_level(logging.INFO)
    arguments = ["train", "adapter", "--data", str(folder), "--out", str(folder / "out"), "--recipe", str(path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "step 4 of 4" in caplog.text

    with torch.inference_mode():
        expected = represent(trained[0].encoder, TEXTS).numpy()
    spec = dataclasses.replace(find_spec("minilm"), weights=folder / "out", adapted=True)
    plain = load_encoder(spec, adapted=False).encode([one.text for one in TEXTS], [one.spans for one in TEXTS])
    merged = load_encoder(spec).encode([one.text for one in TEXTS], [one.spans for one in TEXTS])
    before = np.concatenate([one.vectors for one in plain])
    after = np.concatenate([one.vectors for one in merged])
    change = np.abs(expected - before).max()
    assert change > 1e-3
    assert np.abs(after - expected).max() < 0.02 * change  # factors are kept in half precision


def test_an_adapter_of_another_backbone_is_refused(tmp_path):
    encoder = load_encoder(find_spec("minilm"), adapted=False)
    path = tmp_path / "adapter.safetensors"
    save_file(
        {"encoder.layer.0.output.dense.down": torch.ones(2, 7), "encoder.layer.0.output.dense.up": torch.ones(5, 2)},
        path,
    )
    with pytest.raises(ModelError, match=r"does not fit the backbone at encoder\.layer\.0\.output\.dense"):
        merge_adapter(encoder.backbone, path)
    save_file({"encoder.layer.9.nothing.down": torch.ones(2, 7), "encoder.layer.9.nothing.up": torch.ones(5, 2)}, path)
    with pytest.raises(ModelError, match="is not an adapter that can be read"):
        merge_adapter(encoder.backbone, path)
    path.write_bytes(b"nothing")
    with pytest.raises(ModelError, match="is not an adapter that can be read"):
        merge_adapter(encoder.backbone, path)


def test_the_adapter_changes_every_linear_layer_of_the_blocks(world):
    folder, path = world
    arguments = ["train", "adapter", "--data", str(folder), "--out", str(folder / "out"), "--recipe", str(path)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    names = {name.rsplit(".", 1)[0] for name in load_file(folder / "out" / "adapter.safetensors")}
    assert len(names) == 4 * 6  # four blocks; query, key, value and three dense layers in each


def test_a_recipe_without_an_adapter_is_told_so(tmp_path, labelled_files, noun_file):
    path = recipe(tmp_path, *labelled_files)
    parts = json.loads(path.read_text(encoding="utf-8"))
    del parts["adapter"]
    path.write_text(json.dumps(parts), encoding="utf-8")
    arguments = ["train", "adapter", "--data", str(tmp_path), "--out", str(tmp_path), "--recipe", str(path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert 'no part "adapter"' in result.output
