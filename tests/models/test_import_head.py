"""Published projections: the right file only, the right shapes only, and exactly its numbers."""

import dataclasses
import hashlib
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from typer.testing import CliRunner

from nerret_tools.cli.app import app
from nerret_tools.encoding.projection import Projection
from nerret_tools.errors import ModelError, ModelNotFoundError
from nerret_tools.models import find_spec
from nerret_tools.models.import_head import PUBLISHED_HEADS, PublishedHead, import_head
from tests.large import authors_head
from tests.models.conftest import published

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "contrastive_projection_head.pth"


@pytest.fixture
def spec(tmp_path, monkeypatch):
    monkeypatch.setenv("NERRET_MODELS", str(tmp_path / "models"))
    return find_spec("llama-3.1-8b")


def test_the_projection_is_the_authors_with_outputs_of_unit_length(spec, tmp_path):
    head = authors_head()
    out = import_head(tmp_path / "head.pth", spec, published(head, tmp_path / "head.pth"))
    assert out == tmp_path / "models" / "llama-3.1-8b" / "projection.safetensors"
    vectors = torch.randn(7, 1024)
    with torch.inference_mode():
        expected = F.normalize(head(vectors), dim=-1)
        torch.testing.assert_close(Projection.load(out)(vectors), expected)
    assert "MIT" in (out.parent / "README.md").read_text()


def test_the_real_file_is_read_by_the_command(spec, tmp_path):
    if not REFERENCE.is_file():
        pytest.skip("needs the authors' file in ../shared/reference, which is not part of the project")
    result = CliRunner().invoke(app, ["models", "import-head", str(REFERENCE), "--model", "llama-3.1-8b"])
    assert result.exit_code == 0, result.output
    projection = Projection.load(tmp_path / "models" / "llama-3.1-8b" / "projection.safetensors")
    weights = torch.load(REFERENCE, map_location="cpu", weights_only=True)
    vectors = torch.randn(5, 1024)
    with torch.inference_mode():
        hidden = F.silu(vectors @ weights["net.0.weight"].T + weights["net.0.bias"])
        expected = F.normalize(hidden @ weights["net.3.weight"].T + weights["net.3.bias"], dim=-1)
        torch.testing.assert_close(projection(vectors), expected)
    listed = CliRunner().invoke(app, ["models", "list", "--json"]).stdout
    assert '"projection": true' in listed.replace('":true', '": true')


def test_another_file_is_refused_with_both_hashes(spec, tmp_path):
    file = tmp_path / "head.pth"
    published(authors_head(), file)
    expected = PUBLISHED_HEADS["llama-3.1-8b"].sha256
    result = CliRunner().invoke(app, ["models", "import-head", str(file)])
    assert result.exit_code == 1
    assert expected in result.output
    assert not spec.weights.exists()
    with pytest.raises(ModelNotFoundError, match="can be had at https://github"):
        import_head(tmp_path / "missing.pth", spec)


def test_other_shapes_are_refused(spec, tmp_path):
    wrong = nn.Sequential(nn.Linear(512, 500), nn.SiLU(), nn.Dropout(0.1), nn.Linear(500, 500))
    with pytest.raises(ModelError, match="expected"):
        import_head(tmp_path / "head.pth", spec, published(wrong, tmp_path / "head.pth"))
    broken = authors_head()
    broken[0].weight.data[3, 3] = torch.nan
    with pytest.raises(ModelError, match="no numbers"):
        import_head(tmp_path / "head.pth", spec, published(broken, tmp_path / "head.pth"))


class Trap:
    """Would make a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("save", [torch.save, lambda thing, path: path.write_bytes(pickle.dumps(thing, 2))])
def test_nothing_in_the_file_is_executed(spec, tmp_path, save):
    file, trace = tmp_path / "head.pth", tmp_path / "executed"
    save({"net.0.weight": Trap(trace)}, file)
    expected = PublishedHead("a test", "MIT", hashlib.sha256(file.read_bytes()).hexdigest(), (1024, 500, 500))
    with pytest.raises(ModelError, match="cannot be read as weights"):
        import_head(file, spec, expected)
    assert not trace.exists()


def test_a_model_without_a_published_projection_is_named(spec, tmp_path):
    with pytest.raises(ModelNotFoundError, match="no published projection is known for other"):
        import_head(tmp_path / "x", dataclasses.replace(spec, name="other"))
