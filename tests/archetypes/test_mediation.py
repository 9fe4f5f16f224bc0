import json
import math

import numpy as np
import pytest

from nerret_tools.archetypes.mediation import ARCHETYPES_FILE, ArchetypeHead, Mediation
from nerret_tools.archetypes.typing_weights import Typing, TypingWeights, load_typing
from nerret_tools.errors import ModelError
from nerret_tools.lab.training.catalogue import read_catalogue
from nerret_tools.models import find_spec


def test_every_archetype_has_a_name_a_definition_and_seeds():
    catalogue = read_catalogue()
    assert len(set(catalogue.names)) == len(catalogue.names) >= 12
    assert all(one.definition and one.seeds for one in catalogue.archetypes)
    assert {"Person", "Organization", "Location", "Creative Work", "Medicine", "Science"} <= set(catalogue.names)


def test_the_shipped_head_belongs_to_the_catalogue_and_is_small():
    path = find_spec("minilm").weights / ARCHETYPES_FILE
    head = ArchetypeHead.load(path)
    assert head.names == read_catalogue().names
    assert path.stat().st_size < 1_000_000


def random_head():
    generator = np.random.default_rng(1)
    shapes = {"first.weight": (6, 8), "first.bias": (6,), "second.weight": (3, 6), "second.bias": (3,)}
    weights = {name: generator.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return ArchetypeHead(["a b", "c", "d"], weights, temperature=1.5)


def test_a_distribution_is_the_one_computed_number_by_number():
    head, embeddings = random_head(), np.random.default_rng(0).normal(size=(5, 11)) * 3
    w = head.weights
    for row, found in zip(embeddings, head.distributions(embeddings), strict=True):
        hidden = w["first.weight"] @ (row[:8] / np.linalg.norm(row[:8])) + w["first.bias"]
        hidden = [x * (1 + math.erf(x / math.sqrt(2))) / 2 for x in hidden]
        shares = np.exp((w["second.weight"] @ hidden + w["second.bias"]) / 1.5)
        np.testing.assert_allclose(found, shares / shares.sum(), rtol=1e-5)
    assert head.likeliest(embeddings) == [head.names[one] for one in head.distributions(embeddings).argmax(axis=1)]


def test_a_head_comes_back_as_it_was_saved(tmp_path):
    head = random_head()
    head.save(tmp_path / "head.safetensors")
    again = ArchetypeHead.load(tmp_path / "head.safetensors")
    embeddings = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    np.testing.assert_array_equal(head.distributions(embeddings), again.distributions(embeddings))
    assert (again.names, again.temperature) == (["a b", "c", "d"], 1.5)
    assert head.distributions(embeddings[:0]).shape == (0, 3)


def test_damaged_files_are_errors(tmp_path):
    (tmp_path / "x").write_text("{}")
    with pytest.raises(ModelError, match="nerret train --only archetypes"):
        ArchetypeHead.load(tmp_path / "x")
    (tmp_path / "y").write_text(json.dumps({"mediated": {"name": 1}}))
    with pytest.raises(ModelError, match="nerret train --only archetypes"):
        load_typing(tmp_path / "y")
    with pytest.raises(ModelError, match="not a list of archetypes"):
        read_catalogue(tmp_path / "nothing")


WEIGHTS = TypingWeights(2.0, 1.0, 4.0, 0.5, 0.3, intercept=-1.0, mention=0.7, score=0.2, share=0.9, cutoff=0.4)


def cosine(a, b):
    return a @ b / np.sqrt((a @ a) * (b @ b))


@pytest.mark.parametrize("own", [4, 3])
def test_relevance_is_the_curve_computed_another_way(own):
    """With ``own`` below the width of the embeddings, the rest of them is the context's part."""
    generator = np.random.default_rng(0)
    mentions, types = generator.normal(size=(3, 4)), generator.normal(size=(2, 4))
    of_mentions, of_types = generator.dirichlet(np.ones(5), 3), generator.dirichlet(np.ones(5), 2)
    mediation = Mediation(types, types[::-1].copy(), of_types, np.array([False, True]), own)
    scores = mediation.scores(mentions, of_mentions, WEIGHTS)
    parts = mediation.compare(mentions, of_mentions) @ [2, 1, 4, 0.5]
    assert scores[:, 0] == pytest.approx(parts[:, 0], rel=1e-5)
    probabilities = np.array([0.2, 0.5, 0.99])
    relevances = WEIGHTS.relevances(scores, np.zeros(3, dtype=np.int64), probabilities)
    for m in range(3):
        agreement = sum(of_mentions[m, k] * of_types[0, k] for k in range(5))
        first = 2 * cosine(mentions[m, :own], types[0, :own]) + cosine(mentions[m, :own], types[1, :own])
        if own < 4:
            first += 4 * np.mean([np.sign(mentions[m, own] * types[one, own]) for one in (0, 1)])
        first += 0.5 * np.log(agreement + 1e-3)
        assert scores[m].tolist() == pytest.approx([first, 0.3], rel=1e-5)
        share = np.exp(first) / (np.exp(first) + np.exp(0.3))
        odds = np.log(probabilities[m] / (1 - probabilities[m]))
        line = -1 + 0.7 * odds + 0.2 * first + 0.9 * np.log(share)
        assert relevances[m] == pytest.approx(1 / (1 + np.exp(-line)), rel=1e-5)


def test_typing_weights_come_back_as_they_were_saved(tmp_path):
    Typing(WEIGHTS, WEIGHTS).save(tmp_path / "typing.json")
    assert load_typing(tmp_path / "typing.json") == Typing(WEIGHTS, WEIGHTS)
