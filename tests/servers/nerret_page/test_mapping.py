"""The map: its points, its layouts, and what a region holds."""

import threading

import numpy as np
import pytest

from nerret_page.layouts import Neighbourhoods, principal_components


def test_principal_components_are_those_of_the_singular_value_decomposition():
    vectors = np.random.default_rng(1).normal(size=(50, 8)) * np.arange(1, 9)
    left, sizes, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    expected = left[:, :2] * sizes[:2]
    found = principal_components(vectors)
    assert found.min(axis=0) == pytest.approx([0, 0])
    assert found.max(axis=0) == pytest.approx([1, 1])
    for axis in range(2):
        assert abs(np.corrcoef(found[:, axis], expected[:, axis])[0, 1]) == pytest.approx(1)


def test_neighbourhoods_are_computed_by_another_process_and_kept(monkeypatch):
    pytest.importorskip("umap", reason="needs umap-learn")
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # a few points take less time than compiling
    vectors = np.random.default_rng(1).normal(size=(17, 4)).astype(np.float32)
    layout = Neighbourhoods("index-1", vectors)
    assert layout.possible
    assert layout.points is None
    layout.begin()
    layout.begin()
    (work,) = [one for one in threading.enumerate() if one.name == "nerret-umap"]
    work.join(300)
    assert layout.points is not None
    assert layout.points.shape == (17, 2)
    assert layout.progress > 0
    assert np.array_equal(Neighbourhoods("index-1", vectors).points, layout.points)
    assert Neighbourhoods("index-2", vectors).points is None
    assert not Neighbourhoods("index-3", vectors[:5]).possible


def test_every_mention_is_on_the_map_with_its_kind_and_relevance(visit, engine):
    found = visit("/map/points?type=dinosaur").json()
    count = engine.stats().mentions
    assert len(found["components"]) == 2 * count
    by_name = {}
    for name, relevance in zip(found["name"], found["relevance"], strict=True):
        by_name.setdefault(found["names"][name], []).append(relevance)
    assert min(by_name["Diplodocus"]) > max(by_name["Oslo"])
    assert visit("/map/points").json()["relevance"] is None


def test_a_region_is_refused_without_its_sides(visit):
    assert visit("/map/region?left=0&top=0&right=1").status_code == 400
    everything = visit("/map/region?left=0&top=0&right=1&bottom=1").text
    assert "Velociraptor" in everything
    assert 'class="chip"' in everything
