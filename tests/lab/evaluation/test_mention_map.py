"""Which mentions are drawn, and that UMAP lays them out."""

import sys

import numpy as np
import pytest

from nerret_tools.errors import MissingExtraError
from nerret_tools.lab.evaluation.figures import draw_mentions
from nerret_tools.lab.evaluation.mention_map import SAMPLE, map_mentions, sample_mentions
from nerret_tools.lab.evaluation.representations import GoldMentions, Vectors

from .conftest import document, labelled_data


@pytest.fixture
def data():
    return labelled_data([document("r", "river"), document("t", "town")], ["river", "town"])


@pytest.fixture
def gold():
    """Forty mentions in two clusters."""
    chance = np.random.default_rng(1)
    things = chance.normal(size=(40, 8)).astype(np.float32)
    things[20:, 0] += 30
    things[:20, 1] += 30
    vectors = Vectors(np.zeros(40, int), things, things[:2])
    return GoldMentions(raw=vectors, mention=vectors, context=None, labels=[["river"]] * 20 + [["town"]] * 20)


def test_as_many_of_each_type_are_drawn_and_mentions_with_two_types_are_not(data):
    labels = [["river"]] * 5000 + [["town"]] * 1500 + [["river", "town"]] * 10 + [["other"]] * 10 + [["other", "town"]]
    chosen, types, names = sample_mentions(data, labels)
    assert names == ["river", "town"]
    assert np.bincount(types).tolist() == [SAMPLE // 2, SAMPLE // 2]
    assert len(set(chosen.tolist())) == SAMPLE
    assert all(names[kind] in labels[number] for number, kind in zip(chosen, types, strict=True))
    assert not any("river" in labels[number] and "town" in labels[number] for number in chosen)


def test_without_umap_the_extra_is_named(data, gold, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(MissingExtraError, match=r"nerret-tools\[figures\]"):
        map_mentions(data, gold)


def test_clusters_stay_apart_on_the_map_and_are_drawn(data, gold, tmp_path):
    pytest.importorskip("umap", reason="needs umap-learn")
    maps = map_mentions(data, gold)
    assert [one.title for one in maps] == ["at the tap, before the projection", "as the index keeps them"]
    for one in maps:
        middles = [one.points[one.types == number].mean(axis=0) for number in (0, 1)]
        nearest = [int(np.linalg.norm(point - middles, axis=1).argmin()) for point in one.points]
        assert nearest == one.types.tolist()
    draw_mentions(tmp_path / "map.png", maps)
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
