"""Which archetype a noun has, a head that learns them, and weights that learn when to use it."""

import numpy as np
import pytest

from nerret_tools.archetypes.candidates import Candidates
from nerret_tools.archetypes.mediation import ArchetypeHead
from nerret_tools.errors import DataFileError
from nerret_tools.lab.training.archetypes import Examples, label_archetypes, noun_archetypes, train_head
from nerret_tools.lab.training.catalogue import Archetype, Catalogue
from nerret_tools.lab.training.clusters import _silhouette, cluster_types, lexicographer_files
from nerret_tools.lab.training.taxonomy import read_nouns
from nerret_tools.lab.training.typing import DevelopmentSet, draw_episodes, fit_typing, micro_f1


def catalogue(*seeds):
    archetypes = [Archetype(name=f"A{number}", definition="d", seeds=list(one)) for number, one in enumerate(seeds)]
    return Catalogue(archetypes=archetypes)


def test_a_noun_has_the_archetype_of_the_nearest_seed_above_it(noun_file):
    taxonomy = read_nouns(noun_file)
    found = noun_archetypes(taxonomy, catalogue(["thing"], ["vehicle"], ["barge"]))
    named = {synset.lemmas[0]: int(one) for synset, one in zip(taxonomy.synsets, found, strict=True)}
    assert named["otter"] == named["thing"] == 0
    assert named["tram"] == named["vehicle"] == 1
    assert named["barge"] == named["Old Bess"] == 2
    assert noun_archetypes(taxonomy, catalogue(["animal"])).tolist().count(-1) == 6


def test_a_seed_that_is_no_type_is_named(noun_file):
    with pytest.raises(DataFileError, match="'unicorn'"):
        noun_archetypes(read_nouns(noun_file), catalogue(["unicorn"]))


CENTRES = np.random.default_rng(5).normal(size=(3, 12))


def near(classes, seed, spread=0.3):
    return (CENTRES[classes] + spread * np.random.default_rng(seed).normal(size=(len(classes), 12))).astype(np.float32)


@pytest.fixture(scope="module")
def head():
    classes = np.arange(1200) % 3
    weights = np.full(1200, 1 / 1200)
    return train_head(
        catalogue(["a"], ["b"], ["c"]), [Examples(near(classes, 0), np.eye(3)[classes], weights)], dimension=12, seed=0
    )


def test_a_head_learns_what_can_be_told_apart(head):
    classes = np.arange(300) % 3
    found = head.distributions(near(classes, 1))
    assert (found.argmax(axis=1) == classes).mean() > 0.97


def test_labels_get_the_archetype_that_mentions_and_wording_agree_on(head):
    classes = np.repeat([0, 1], 50)
    archetypes = label_archetypes(head, near(classes + 1, 2), classes, near([1, 2], 3), near([1, 2], 4))
    assert archetypes.argmax(axis=1).tolist() == [1, 2]
    np.testing.assert_allclose(archetypes.sum(axis=1), 1, rtol=1e-5)


def development_set(head):
    """Four types, two in each of two archetypes; names tell archetypes apart better than cosines do."""
    generator = np.random.default_rng(7)
    types = near([0, 0, 1, 1], 8, 0.8)
    gold, candidates = [], []
    for _ in range(150):
        label = int(generator.integers(0, 4))
        real = (types[label] + 0.5 * generator.normal(size=12)).astype(np.float32)
        embeddings = np.stack([real, near([2], int(generator.integers(1e6)))[0]])
        probabilities = np.array([generator.uniform(0.4, 1), generator.uniform(0, 0.6)], dtype=np.float32)
        candidates.append(Candidates(np.array([[0, 4], [6, 9]]), probabilities, embeddings))
        gold.append({(0, 4): label})
    return DevelopmentSet("made up", candidates, gold, types, types, np.zeros(4, dtype=bool))


def test_weights_type_what_they_were_fitted_on_and_refuse_the_rest(head):
    data = development_set(head)
    typing = fit_typing([data], head, seed=0)
    whole = draw_episodes(data, head, 0)[0]
    assert micro_f1(whole, typing.mediated, typing.mediated.cutoff) > 0.8
    assert typing.direct.agreement == 0
    assert typing.mediated.mention > 0


def test_schemas_are_drawn_with_a_rest(head):
    episodes = draw_episodes(development_set(head), head, 0)
    assert [one.name for one in episodes[:2]] == ["made up", "made up, names only"]
    rests = [one for one in episodes if one.residual.any()]
    assert rests
    assert all(one.labels.max() < len(one.residual) for one in episodes)


def test_silhouette_is_the_one_computed_point_by_point():
    points = np.random.default_rng(3).normal(size=(12, 2))
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 3])
    values = []
    for i in range(12):
        to = [
            np.mean([np.linalg.norm(points[i] - points[j]) for j in range(12) if labels[j] == c and j != i] or [np.nan])
            for c in range(4)
        ]
        own = to[labels[i]]
        other = min(value for c, value in enumerate(to) if c != labels[i])
        values.append(0.0 if (labels == labels[i]).sum() == 1 else (other - own) / max(own, other))
    assert _silhouette(points, labels) == pytest.approx(np.mean(values))


def test_lexicographer_files_follow_the_nouns(noun_file):
    assert lexicographer_files(noun_file) == [3] * 10


class Model:
    """Types in two heaps, whatever they are called."""

    def encode_types(self, types):
        classes = np.array([0 if "x" in one else 1 for one in types], dtype=np.int64)
        return near(classes, len(types), 0.1)


def test_clusters_are_found_where_they_are(noun_file):
    taxonomy = read_nouns(noun_file)
    descriptions = [f"{'x' if number % 2 else 'y'}{number}" for number in range(40)]
    report = cluster_types(Model(), taxonomy, lexicographer_files(noun_file), descriptions, (2, 4), 2, seed=0)
    assert report.types == 40
    assert report.counts[0].silhouette > report.counts[1].silhouette
    assert report.counts[0].gap > 0
    assert {len({name[0] for name in cluster}) for cluster in report.clusters} == {1}


def test_a_saved_head_is_small(head, tmp_path):
    head.save(tmp_path / "head.safetensors")
    assert ArchetypeHead.load(tmp_path / "head.safetensors").names == ["A0", "A1", "A2"]
