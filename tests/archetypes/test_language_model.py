import numpy as np
import pytest
import torch

from nerret_tools.archetypes.schema import read_types
from nerret_tools.archetypes.scorer import Question, options, prompt
from nerret_tools.errors import ModelNotFoundError


def question(*names, text="Ada was born in London.", start=16, end=22):
    return Question(text, start, end, tuple(read_types(list(names))))


def test_candidates_are_scored_as_one_by_one(causal_folder):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from nerret_tools.archetypes.language_model import CausalScorer

    asked = [
        question("city", "person"),
        question("river", "organization", "politician", text="The Rhine", start=4, end=9),
    ]
    answers = CausalScorer(causal_folder).choose(asked)
    model = AutoModelForCausalLM.from_pretrained(causal_folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(causal_folder)
    for one, answer in zip(asked, answers, strict=True):
        before = tokenizer(prompt(one), add_special_tokens=False)["input_ids"]
        means = []
        for option in options(one):
            after = tokenizer(" " + option, add_special_tokens=False)["input_ids"]
            with torch.no_grad():
                rated = model(torch.tensor([before + after])).logits[0].log_softmax(-1)
            means.append(np.mean([rated[len(before) + k - 1, token].item() for k, token in enumerate(after)]))
        expected = np.exp(means) / np.exp(means).sum()
        np.testing.assert_allclose(answer, expected, rtol=1e-4)
        assert len(answer) == len(one.candidates) + 1


def test_a_question_longer_than_the_model_can_read_still_has_an_answer(causal_folder):
    from nerret_tools.archetypes.language_model import CausalScorer

    long = question("city", "person", text="é" * 900 + "London", start=900, end=906)
    (answer,) = CausalScorer(causal_folder).choose([long])
    assert answer.sum() == pytest.approx(1)


def test_weights_that_are_not_there_are_an_error(tmp_path):
    from nerret_tools.archetypes.language_model import CausalScorer

    with pytest.raises(ModelNotFoundError, match="cannot be loaded"):
        CausalScorer(tmp_path / "nothing")


def test_a_random_model_marks_only_what_is_in_the_text(causal_folder):
    from nerret_tools.archetypes.generative import GenerativeDetector
    from nerret_tools.detection import Detector

    detector = GenerativeDetector(causal_folder)
    texts = ["Ada Lovelace was born in London .", "x"]
    found = detector.detect(texts)
    assert isinstance(detector, Detector)
    assert len(found) == 2
    assert all(0 <= a < b <= len(text) for text, spans in zip(texts, found, strict=True) for a, b in spans)
