"""An adapter is trained, written, and merged again into the weights it was trained in."""

from __future__ import annotations

import dataclasses
import json
import logging
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from nerret_tools.cli.app import app
from nerret_tools.detection.span_head import SpanHead
from nerret_tools.encoding.adapter import merge_adapter, read_adapter, save_adapter
from nerret_tools.encoding.projection import Projection
from nerret_tools.errors import ModelError
from nerret_tools.lab.training import adapter as adapter_module
from nerret_tools.lab.training import steps
from nerret_tools.lab.training.adapter import represent
from nerret_tools.lab.training.averaging import average_adapters
from nerret_tools.lab.training.examples import MarkedSentence
from nerret_tools.models import find_spec
from nerret_tools.models.encoders import load_encoder
from nerret_tools.models.spec import ADAPTER_FILE as ADAPTER

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
    from nerret_tools.lab.training import taxonomy

    monkeypatch.setattr(steps, "read_wordnet", lambda path: taxonomy.read_wordnet(path, min_members=1))
    return tmp_path, recipe(tmp_path, marked, types)


@pytest.mark.parametrize("changes", [{}, {"rank": None, "learning_rate": 1e-4}], ids=["low rank", "whole matrices"])
def test_a_merged_adapter_gives_what_was_trained(world, labelled_files, changes, monkeypatch, caplog):
    folder, _ = world
    path = recipe(folder, *labelled_files, **changes)
    trained = []
    original = adapter_module.train_adapter
    monkeypatch.setattr(
        "nerret_tools.lab.training.steps.train_adapter",
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
    plain = load_encoder(spec, precision="float32", adapted=False).encode(
        [one.text for one in TEXTS], [one.spans for one in TEXTS]
    )
    merged = load_encoder(spec, precision="float32").encode([one.text for one in TEXTS], [one.spans for one in TEXTS])
    before = np.concatenate([one.vectors for one in plain])
    after = np.concatenate([one.vectors for one in merged])
    change = np.abs(expected - before).max()
    assert change > 1e-3
    assert np.abs(after - expected).max() < 0.02 * change  # factors are kept in half precision


REFINEMENT = {"steps": 2, "branches": 1}


def refined(folder, labelled_files, **changes):
    """A recipe with a refinement; run it from what the folder's "out" has."""
    path = recipe(folder, *labelled_files)
    parts = json.loads(path.read_text(encoding="utf-8"))
    parts["refinements"] = [{**REFINEMENT, **changes}]
    path.write_text(json.dumps(parts), encoding="utf-8")
    arguments = ["--data", str(folder), "--out", str(folder / "out"), "--recipe", str(path)]
    return CliRunner().invoke(app, ["train", "refinement", *arguments])


def changes_of(folder):
    return read_adapter(folder / "adapter.safetensors")


@pytest.fixture
def first_run(world):
    folder, path = world
    arguments = ["train", "adapter", "--data", str(folder), "--out", str(folder / "out"), "--recipe", str(path)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    shutil.copytree(folder / "out", folder / "before")
    return folder


def test_a_refinement_goes_on_from_what_is_there(first_run, labelled_files):
    result = refined(first_run, labelled_files, kept_rank=9, learning_rate=1e-6)
    assert result.exit_code == 0, result.output
    before, after = changes_of(first_run / "before"), changes_of(first_run / "out")
    assert before.keys() == after.keys()
    for name in before:
        moved = (after[name] - before[name]).norm() / before[name].norm()
        assert 1e-4 < moved < 0.2, name  # neither as it was nor begun anew
        assert torch.linalg.matrix_rank(after[name].double(), rtol=1e-4) <= 9
    head, other = (SpanHead.load(first_run / name / "spans.safetensors") for name in ("before", "out"))
    assert any(not torch.equal(one, two) for one, two in zip(head.parameters(), other.parameters(), strict=True))
    assert sorted(one.name for one in (first_run / "out").iterdir()) == sorted(
        one.name for one in (first_run / "before").iterdir()
    )


def test_branches_are_averaged(first_run, tmp_path):
    folders = [first_run / "before", tmp_path / "other"]
    shutil.copytree(*folders)
    one = changes_of(folders[0])
    save_adapter({name: (change * 3, torch.eye(len(change))) for name, change in one.items()}, folders[1] / ADAPTER)
    projection = Projection.load(folders[1] / "projection.safetensors")
    torch.nn.init.zeros_(projection.second.bias)
    projection.save(folders[1] / "projection.safetensors")
    average_adapters(folders, None, tmp_path / "mean")
    for name, change in changes_of(tmp_path / "mean").items():
        torch.testing.assert_close(change, one[name] * 2, rtol=0.01, atol=2e-5)
    bias = Projection.load(folders[0] / "projection.safetensors").second.bias
    mean = Projection.load(tmp_path / "mean" / "projection.safetensors")
    torch.testing.assert_close(mean.second.bias, bias / 2)


def test_two_branches_run_side_by_side(first_run, labelled_files, capfd):
    # The branches are processes of their own and see no patch: the categories need members enough to be types.
    animal, barge = "00000101", "00000108"
    with (first_run / "nouns.noun").open("a", encoding="utf-8") as file:
        for number, parent in enumerate([animal, barge] * 5, start=200):
            file.write(
                f"{number:08d} 03 n 01 word{number} 0 001 @ {parent} n 0000 | what one calls the word {number}\n"
            )
    result = refined(first_run, labelled_files, branches=2)
    assert result.exit_code == 0, result.output
    told = capfd.readouterr().err
    assert "branch-0: step 2 of 2" in told
    assert "branch-1: step 2 of 2" in told
    before, after = changes_of(first_run / "before"), changes_of(first_run / "out")
    assert any((after[name] - before[name]).norm() > 0 for name in before)
    assert not list((first_run / "out").glob("branch-*"))


def test_a_refinement_learns_from_more_data(first_run, labelled_files, caplog):
    caplog.set_level(logging.INFO)
    (first_run / "more.jsonl").write_text('{"id": "more", "text": "They sold the barge Ardenza .", "entities": []}')
    more = {"texts": [{"path": "more.jsonl", "complete": False}]}
    assert refined(first_run, labelled_files).exit_code == 0
    assert refined(first_run, labelled_files, **more).exit_code == 0
    assert "1 mined mentions, 4 sentences" in caplog.text
    assert "2 mined mentions, 5 sentences" in caplog.text


def test_a_refinement_without_a_start_is_refused(first_run, labelled_files):
    shutil.rmtree(first_run / "out")
    result = refined(first_run, labelled_files)
    assert result.exit_code != 0
    assert "projection.safetensors is not a projection that can be read" in result.output


def test_a_recipe_without_refinements_is_told_so(world):
    folder, path = world
    arguments = ["train", "refinement", "--data", str(folder), "--out", str(folder), "--recipe", str(path)]
    assert 'the recipe has no part "refinements"' in CliRunner().invoke(app, arguments).output


def test_there_is_no_second_of_one_refinement(first_run, labelled_files):
    refined(first_run, labelled_files)
    path = first_run / "recipe.json"
    arguments = ["train", "refinement", "--data", str(first_run), "--out", str(first_run), "--recipe", str(path)]
    assert "there is no number 2" in CliRunner().invoke(app, [*arguments, "--number", "2"]).output


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
