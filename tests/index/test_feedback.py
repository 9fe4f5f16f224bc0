"""The mentions that match a type best say more about it; one switch turns that off."""

from __future__ import annotations

import dataclasses
import json
import shutil

import numpy as np
import pytest

from nerret_tools import EntityIndex
from nerret_tools.errors import CursorError
from nerret_tools.models import Calibration, find_spec
from nerret_tools.models.spec import CALIBRATION_FILE

COUNTED = 100  # what a type counts beside its mentions


def test_the_type_moves_towards_its_best_mentions(index, documents):
    model = index.load_model()
    encoded = model.encode([one.text for one in documents], [None] * len(documents))
    vectors = np.concatenate([one.embeddings for one in encoded]).astype(np.float64)
    (own,) = model.encode_types(["airline"])
    curve = Calibration.load(find_spec("minilm").weights / CALIBRATION_FILE)
    moved = COUNTED * own + curve.relevance(vectors @ own) ** 2 @ vectors
    size = model.spec.context_dimension
    for part in (slice(0, -size), slice(-size, None)):
        moved[part] *= np.linalg.norm(own[part]) / np.linalg.norm(moved[part])
    expected = {one.id: (e.embeddings @ moved).max() for one, e in zip(documents, encoded, strict=True) if len(e.spans)}
    hits = index.find("airline", min_relevance=0).hits
    assert {hit.document_id: hit.score for hit in hits} == pytest.approx(expected, abs=1e-4)
    plain = {hit.document_id: hit.score for hit in index.find("airline", min_relevance=0, feedback=False).hits}
    assert plain != pytest.approx(expected, abs=1e-4)


def test_each_way_has_a_cut_off_of_its_own_and_its_own_cursors(index):
    after, before = (index.find("airline", feedback=feedback) for feedback in (True, False))
    assert after.min_score != before.min_score
    cursor = index.find("airline", limit=1, min_relevance=0).next_cursor
    with pytest.raises(CursorError, match="another search"):
        index.find("airline", cursor=cursor, min_relevance=0, feedback=False)
    assert index.find("airline", cursor=cursor, min_relevance=0).hits


def test_all_ways_of_asking_agree(index):
    found = index.find("airline", min_relevance=0)
    (many,) = index.find_many(["airline"], min_relevance=0)
    ((ids, scores, relevances, moved),) = index.rank_many(["airline"])
    assert [hit.document_id for hit in many.hits] == [hit.document_id for hit in found.hits] == ids
    assert [hit.score for hit in many.hits] == [hit.score for hit in found.hits] == scores.tolist()
    assert relevances.tolist() == [hit.relevance for hit in found.hits]
    assert 0 < moved < 0.2
    assert index.rank_many(["airline"], feedback=False)[0].moved == 0


def test_a_filter_does_not_change_a_score(index):
    everywhere = {hit.document_id: hit.score for hit in index.find("airline", min_relevance=0).hits}
    some = index.find("airline", min_relevance=0, where={"kind": "air"}).hits
    assert some
    assert all(hit.score == everywhere[hit.document_id] for hit in some)


def test_a_model_that_is_not_calibrated_for_it_goes_without(tmp_path, documents):
    weights = tmp_path / "weights"
    shutil.copytree(find_spec("minilm").weights, weights)
    curve = json.loads((weights / CALIBRATION_FILE).read_text(encoding="utf-8"))
    del curve["feedback"]
    (weights / CALIBRATION_FILE).write_text(json.dumps(curve), encoding="utf-8")
    spec = dataclasses.replace(find_spec("minilm"), weights=weights)
    with EntityIndex.open(tmp_path / "index", model=spec) as index:
        index.add(documents)
        after, before = (index.find("airline", min_relevance=0, feedback=feedback) for feedback in (True, False))
    assert [hit.score for hit in after.hits] == [hit.score for hit in before.hits]
    assert after.hits[0].relevance == before.hits[0].relevance
