"""Descriptions of models as JSON, and where the user's own weights are."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nerret_tools.cli.app import app
from nerret_tools.errors import ModelError, ModelNotFoundError
from nerret_tools.models import find_spec
from nerret_tools.models.backbone_files import backbone_folder, path_variable
from nerret_tools.models.spec_file import spec_json
from nerret_tools.user_folders import models_folder

DESCRIPTION = {
    "name": "my-qwen",
    "backbone": "Qwen/Qwen3-8B",
    "revision": "b968826d9c46dd6066d109eabc6255188de91218",
    "tap": {"block": 20, "pooling": "last"},
    "state_blocks": [5],
}


def test_a_description_is_read_with_paths_beside_the_file(tmp_path):
    (tmp_path / "mine.json").write_text(json.dumps(DESCRIPTION | {"weights": "trained", "folder": "../qwen"}))
    spec = find_spec(str(tmp_path / "mine.json"))
    assert str(spec.tap) == "block 20 value, last"
    assert (spec.state_blocks, spec.dimension, spec.sha256, spec.gated) == ((5,), 500, None, False)
    assert spec.weights == tmp_path / "trained"
    assert spec.folder == tmp_path / "../qwen"
    assert path_variable(spec) == "NERRET_MY_QWEN_PATH"


@pytest.mark.parametrize("name", ["minilm", "llama-3.1-8b"])
def test_what_show_prints_is_a_description_of_the_same_model(name, tmp_path):
    result = CliRunner().invoke(app, ["models", "show", name])
    assert result.exit_code == 0, result.output
    (tmp_path / "copy.json").write_text(result.stdout)
    copy, original = find_spec(tmp_path / "copy.json"), find_spec(name)
    assert spec_json(copy) == spec_json(original)
    if name == "minilm":
        assert copy.fingerprint() == original.fingerprint()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"tap": {"block": -1}}, r"mine\.json: tap\.block"),
        ({"tap": {"block": 1, "component": "mlp"}}, r"tap\.component"),
        ({"layers": 3}, "layers: Extra inputs"),
        ({"name": "../x"}, "name:"),
        ({"revision": None}, "revision:"),
    ],
)
def test_a_wrong_description_names_the_field(change, complaint, tmp_path):
    (tmp_path / "mine.json").write_text(json.dumps(DESCRIPTION | change))
    with pytest.raises(ModelError, match=complaint):
        find_spec(tmp_path / "mine.json")


def test_a_missing_description_and_an_unknown_name_say_what_there_is(tmp_path):
    with pytest.raises(ModelNotFoundError, match=r"nowhere\.json cannot be read"):
        find_spec(tmp_path / "nowhere.json")
    with pytest.raises(ModelNotFoundError, match=r"there is: minilm, llama-3\.1-8b, or the path of a description"):
        find_spec("unknown")


def test_the_users_folder_is_the_one_of_the_variable_or_of_the_system(monkeypatch, tmp_path):
    monkeypatch.setenv("NERRET_MODELS", str(tmp_path / "own"))
    assert models_folder() == tmp_path / "own"
    assert find_spec("llama-3.1-8b").weights == tmp_path / "own" / "llama-3.1-8b"
    monkeypatch.delenv("NERRET_MODELS")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert models_folder() == tmp_path / "data" / "nerret" / "models"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert models_folder() == Path.home() / ".local" / "share" / "nerret" / "models"


def test_missing_gated_weights_say_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelNotFoundError) as caught:
        backbone_folder(find_spec("llama-3.1-8b"))
    message = str(caught.value)
    for part in (
        "https://huggingface.co/meta-llama/Llama-3.1-8B",
        "hf auth login",
        "HF_TOKEN",
        "NERRET_LLAMA_3_1_8B_PATH=FOLDER",
        "hf download meta-llama/Llama-3.1-8B --revision d04e592bb4f6aa9cfee91e2e20afa771667e1d4b",
    ):
        assert part in message


def test_the_list_shows_which_weights_are_here(monkeypatch, tmp_path):
    monkeypatch.setenv("NERRET_MODELS", str(tmp_path))
    result = CliRunner().invoke(app, ["models", "list"], env={"COLUMNS": "150"})
    assert result.exit_code == 0, result.output
    rows = {line.split()[0]: line.split()[-3:] for line in result.stdout.splitlines()[1:]}
    assert rows == {"minilm": ["yes"] * 3, "llama-3.1-8b": ["no"] * 3}


def test_a_missing_projection_says_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setenv("NERRET_MODELS", str(tmp_path))
    result = CliRunner().invoke(app, ["find", "dinosaur", "--index", str(tmp_path / "i"), "--model", "llama-3.1-8b"])
    assert result.exit_code == 1
    assert "nerret models import-head" in result.output
