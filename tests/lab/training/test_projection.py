"""Contrastive training: the loss by hand, learning on a small world, the same file from the same seed."""

import math

import numpy as np
import pytest
import torch

from nerret_tools.encoding.projection import Projection
from nerret_tools.errors import ModelError
from nerret_tools.lab.training.mentions import TypedMentions
from nerret_tools.lab.training.projection import multi_positive_loss, train_projection
from nerret_tools.lab.training.recipe import ProjectionStep
from nerret_tools.lab.training.triplets import hard_negatives, triplet_loss


def test_the_loss_is_that_of_the_formula_written_as_loops():
    logits = torch.tensor([[1.0, -0.5, 0.3], [0.2, 0.9, -1.0]])
    positive = torch.tensor([[True, False, True], [False, True, False]])

    def one_way(values, pairs):
        rows = []
        for row, marks in zip(values, pairs, strict=True):
            negatives = sum(math.exp(v) for v, m in zip(row, marks, strict=True) if not m)
            losses = [-math.log(math.exp(v) / (math.exp(v) + negatives)) for v, m in zip(row, marks, strict=True) if m]
            rows.append(sum(losses) / len(losses))
        return sum(rows) / len(rows)

    values, pairs = logits.tolist(), positive.tolist()
    columns = (
        [list(column) for column in zip(*values, strict=True)],
        [list(column) for column in zip(*pairs, strict=True)],
    )
    expected = (one_way(values, pairs) + one_way(*columns)) / 2
    assert multi_positive_loss(logits, positive).item() == pytest.approx(expected, rel=1e-5)


def test_the_triplet_loss_is_the_mean_hinge_of_every_pair():
    cosines = torch.tensor([[0.9, 0.4, 0.1], [0.3, 0.2, 0.6]])
    positive = torch.tensor([[True, False, False], [False, True, False]])
    generator = np.random.default_rng(0)
    hard, has_hard = torch.tensor([0.85, -1.0]), torch.tensor([True, False])
    found = {round(triplet_loss(cosines, positive, hard, has_hard, 0.2, generator).item(), 6) for _ in range(20)}
    # type 0 against its hard one: 0.2 - 0.9 + 0.85; type 1 against the first or the third mention
    assert found == {round((0.15 + second) / 2, 6) for second in (0.2 - 0.2 + 0.3, 0.2 - 0.2 + 0.6)}


def test_hard_negatives_share_words_with_the_type_and_are_not_of_it():
    data = TypedMentions(
        vectors=np.zeros((4, 2), np.float16),
        item=np.arange(4),
        types_of=[np.array([0]), np.array([1]), np.array([1]), np.array([0, 1])],
        anchors=np.zeros((2, 2), np.float32),
        anchor_type=np.arange(2),
        words=["a ferry of the river", "the river boat museum", "a bank", "a boat"],
        described=["river boat", "bank"],
    )
    river, bank = hard_negatives(data)
    assert river.tolist() == [1]
    assert bank.tolist() == []


def small_world(seed):
    """Twenty types whose anchors and mentions share a direction, in noise."""
    generator = np.random.default_rng(seed)
    directions = generator.standard_normal((20, 16))
    kinds = np.repeat(np.arange(20), 12)
    vectors = directions[kinds] + 0.8 * generator.standard_normal((240, 16)) + 5
    anchors = -directions + 0.2 * generator.standard_normal((20, 16)) + 5
    return TypedMentions(
        vectors.astype(np.float16),
        np.arange(240),
        [kinds[i : i + 1] for i in range(240)],
        anchors.astype(np.float32),
        np.arange(20),
        words=[f"word{kind}" for kind in np.roll(kinds, 12)],
        described=[f"word{kind}" for kind in range(20)],
    ), kinds


@pytest.mark.parametrize("loss", ["infonce", "triplet"])
def test_training_brings_types_and_their_mentions_together(loss):
    world, kinds = small_world(1)
    projection = train_projection(
        world,
        None,
        ProjectionStep(kind="projection", taxonomy="", steps=150, types=20, members=4, temperature=0.1, loss=loss),
    )
    with torch.inference_mode():
        scores = projection(torch.from_numpy(world.anchors)) @ projection(torch.from_numpy(world.vectors).float()).T
    assert (scores.argmax(dim=0).numpy() == kinds).mean() > 0.9


def test_the_output_has_unit_length_and_survives_saving(tmp_path):
    projection = Projection(16).eval()
    vectors = torch.randn(5, 16)
    with torch.inference_mode():
        embeddings = projection(vectors)
    assert embeddings.shape == (5, 500)
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(5))
    projection.save(tmp_path / "p.safetensors")
    with torch.inference_mode():
        torch.testing.assert_close(Projection.load(tmp_path / "p.safetensors")(vectors), embeddings)
    with pytest.raises(ModelError, match="not a projection"):
        Projection.load(tmp_path / "missing")


def test_the_command_gives_the_same_file_for_the_same_recipe(command, noun_file, labelled_files, tmp_path):
    labelled = [dict(zip(("path", "types"), labelled_files, strict=True))]

    def train(out, **changes):
        step = {"kind": "projection", "taxonomy": noun_file.name, "steps": 5, "types": 3, "members": 2, **changes}
        result = command(step, out=out)
        assert result.exit_code == 0, result.output
        return (tmp_path / out / "projection.safetensors").read_bytes()

    first = train("one", seed=1, labelled=labelled)
    assert train("two", seed=1, labelled=labelled) == first
    assert train("three", seed=2, labelled=labelled) != first
    assert train("four", seed=1) != first


def test_a_wrong_recipe_names_the_field(command):
    result = command({"kind": "projection", "taxonomy": "x", "step": 5})
    assert result.exit_code == 2
    assert "recipe.json: steps.0.projection.step" in result.output
