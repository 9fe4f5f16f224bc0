"""A body is trained through the command, step by step, and merged again into the weights it was trained in."""

import dataclasses
import json
import logging

import pytest
import torch
from safetensors.torch import save_file

from nerret_tools.encoding.adapter import merge_adapter, read_adapter
from nerret_tools.encoding.projection import Projection
from nerret_tools.errors import ModelError
from nerret_tools.lab.training import body
from nerret_tools.lab.training.ahead import prepare
from nerret_tools.lab.training.mentions import MarkedSentence
from nerret_tools.models import find_spec
from nerret_tools.models.encoders import load_encoder

TEXTS = [
    MarkedSentence("The barge Old Bess went up the Danube .", [(10, 18), (31, 37)]),
    MarkedSentence("Ghent", [(0, 5)]),
]


@pytest.fixture
def world(tmp_path, noun_file, labelled_files, typed_file):
    """Nouns of which each category has enough members, and sentences of which one says a kind."""
    marked, types = labelled_files
    more = {"id": "mined", "text": "They say that the Old Bess is a barge .", "entities": []}
    with (tmp_path / marked).open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps(more))
    with noun_file.open("a", encoding="utf-8") as file:
        for number, category in enumerate(["00000101", "00000102", "00000108"] * 5, start=900):
            file.write(f"{number:08d} 03 n 01 thing{number} 0 001 @ {category} n 0000 | one more kind\n")
    spec = find_spec("minilm")
    return {
        "kind": "body",
        "taxonomy": noun_file.name,
        "labelled": [{"path": marked, "types": types}],
        "typed": [typed_file.name],
        "spans": {"typed": [{"path": typed_file.name}], "batch_size": 4},
        "order": ["typed", "labelled", "taxonomy", "mined", "spans"],
        "steps": 5,
        "mention_dimension": spec.dimension - spec.context_dimension,
        "context_dimension": spec.context_dimension,
        "types": 3,
        "sentences": 3,
        "mined": 3,
        "typed_sentences": 4,
        "typed_types": 5,
    }


def test_what_is_merged_gives_what_was_trained(world, command, tmp_path, monkeypatch, caplog):
    trained = []
    original = body.train_body

    def keep(encoder, *arguments):
        trained.append(encoder)
        return original(encoder, *arguments)

    monkeypatch.setattr("nerret_tools.lab.training.steps.train_body", keep)
    caplog.set_level(logging.INFO)
    result = command(world | {"kept_rank": 384, "bfloat16": False})
    assert result.exit_code == 0, result.output
    assert all(source in caplog.text for source in world["order"])
    with torch.inference_mode():
        expected, _ = body.represent(trained[0], prepare(trained[0], TEXTS))
        spec = dataclasses.replace(find_spec("minilm"), weights=tmp_path / "out")
        before, after = (
            body.represent(encoder, prepare(encoder, TEXTS))[0]
            for encoder in (load_encoder(spec, precision="float32", adapted=adapted) for adapted in (False, True))
        )
    change = (expected - before).abs().max()
    assert change > 1e-3
    assert (after - expected).abs().max() < 0.02 * change  # factors are kept in half precision
    changed = read_adapter(tmp_path / "out" / "adapter.safetensors")
    assert len(changed) == 4 * 6  # four blocks; query, key, value and three dense layers in each
    assert json.loads((tmp_path / "out" / "recipe.json").read_text())["steps"][0]["steps"] == 5


def test_a_second_body_goes_on_from_the_first_and_a_finished_step_is_not_repeated(world, command, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    assert command(world).exit_code == 0
    first = read_adapter(tmp_path / "out" / "adapter.safetensors")
    projection = (tmp_path / "out" / "projection.safetensors").read_bytes()
    caplog.clear()
    assert command(world).exit_code == 0
    assert "step 1, body: done before" in caplog.text
    assert (tmp_path / "out" / "projection.safetensors").read_bytes() == projection
    more = world | {"steps": 1, "learning_rate": 1e-6, "seed": 1, "kept_rank": 300}
    assert command(world, more).exit_code == 0
    second = read_adapter(tmp_path / "out" / "adapter.safetensors")
    for name in first:
        moved = (second[name] - first[name]).norm() / first[name].norm()
        assert moved < 0.2, name  # begun anew it would be another one
        assert torch.linalg.matrix_rank(second[name].double(), rtol=1e-4) <= 300


def test_the_same_recipe_gives_the_same_bytes_and_earlier_weights_are_cut_to_fewer_numbers(world, command, tmp_path):
    first, again = (command(world, out=out) for out in ("out", "again"))
    assert first.exit_code == again.exit_code == 0, again.output
    one, other = (
        {file.name: file.read_bytes() for file in (tmp_path / out).glob("*.safetensors")} for out in ("out", "again")
    )
    assert one == other != {}
    before = Projection.load(tmp_path / "again" / "projection.safetensors")
    vectors = torch.randn(50, before.input_dimension)
    smaller = body.compress_projection(before, vectors.numpy(), before.dimension - 20)
    with torch.inference_mode():
        old, new = before(vectors), smaller(vectors)
    assert new.shape == (50, before.dimension - 20)
    assert (old @ old.T - new @ new.T).abs().max() < 0.02
    assert command(world, out="more", start="again").exit_code == 0
    refused = command(world | {"context_dimension": 7}, out="refused")
    assert refused.exit_code == 1
    assert "7 of them the context's" in " ".join(refused.output.split())


def test_an_adapter_of_another_backbone_is_refused(tmp_path):
    backbone, path = load_encoder(find_spec("minilm"), adapted=False).backbone, tmp_path / "adapter.safetensors"

    def refused(match, place=None):
        path.write_bytes(b"nothing")
        if place:
            save_file(
                {f"encoder.layer.{place}.down": torch.ones(2, 7), f"encoder.layer.{place}.up": torch.ones(5, 2)}, path
            )
        with pytest.raises(ModelError, match=match):
            merge_adapter(backbone, path)

    refused(r"does not fit the backbone at encoder\.layer\.0\.output\.dense", "0.output.dense")
    refused("is not an adapter that can be read", "9.nothing")
    refused("is not an adapter that can be read")


def test_each_pair_is_judged_by_itself_and_what_nobody_knows_is_left_out():
    positive = torch.tensor([[True, False], [False, False]])
    known = torch.tensor([[True, True], [True, False]])
    right, wrong = (sign * (2.0 * positive - 1) for sign in (9, -9))
    assert body.pair_loss(right, positive, known) < 0.001
    assert body.pair_loss(wrong, positive, known) == pytest.approx(3 * 9, abs=0.01)
    mistaken_where_unknown = torch.where(known, right, wrong)
    assert body.pair_loss(mistaken_where_unknown, positive, known) == body.pair_loss(right, positive, known)
