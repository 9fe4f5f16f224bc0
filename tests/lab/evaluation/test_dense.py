"""The dense baseline gives the vectors that the model's publishers give."""

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from nerret_tools.errors import ModelError
from nerret_tools.lab.evaluation.baselines import Baseline, rank_with
from nerret_tools.lab.evaluation.baselines.dense import SentenceEncoder
from nerret_tools.models import find_spec
from nerret_tools.models.backbone_files import backbone_folder

TEXTS = ["Short.", "The museum opened in spring, and three hundred people stood in line.", "word " * 600]


@pytest.fixture(scope="module")
def backbone():
    return backbone_folder(find_spec("minilm"))


def test_vectors_are_means_of_the_last_blocks_output_over_the_first_256_tokens(backbone):
    model, tokenizer = AutoModel.from_pretrained(backbone, dtype=torch.float32), AutoTokenizer.from_pretrained(backbone)
    for text, vector in zip(TEXTS, SentenceEncoder.load(backbone).encode(TEXTS), strict=True):
        batch = tokenizer([text], truncation=True, max_length=256, return_tensors="pt")
        with torch.inference_mode():
            mean = model(**batch).last_hidden_state[0].mean(dim=0).numpy()
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-4)


def test_documents_about_the_query_come_first_and_equal_ones_by_id(backbone):
    texts = {"c": "The ferry crossed the strait.", "b": "She ate an apple.", "a": "The ferry crossed the strait."}
    ranking = rank_with(Baseline.DENSE, list(texts), list(texts.values()), ["boat", "fruit"], backbone)
    assert ranking == [["a", "c", "b"], ["b", "a", "c"]]


def test_a_model_without_published_pooling_is_refused(tmp_path):
    with pytest.raises(ModelError, match="publishes no sentence pooling"):
        rank_with(Baseline.DENSE, ["a"], ["text"], ["query"], tmp_path)
