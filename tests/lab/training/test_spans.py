"""Labels for the span head: what is a mention, what is none, what is unknown; and that it learns."""

import json

import numpy as np
import pytest

from nerret_tools.detection.span_chooser import MAX_WORDS
from nerret_tools.detection.span_head import SpanHead
from nerret_tools.detection.word_shapes import word_shapes
from nerret_tools.lab.training.recipe import SpansStep, SpanTraining
from nerret_tools.lab.training.spans import MarkedText, span_labels, train_span_head
from nerret_tools.models import find_spec
from nerret_tools.models.model import Model


@pytest.fixture(scope="module")
def encoder():
    return Model(find_spec("minilm"), precision="float32").load().encoder


def labels_of(encoder, text, spans, complete, unknown=(), partly=False):
    marked = MarkedText(text, tuple(spans), complete, tuple(unknown), partly)
    [tokens] = encoder.tokenize([text])
    [window] = encoder.windows(tokens)
    words = tokens.words[window.start : window.end]
    bound = [0, *(i for i in range(1, len(words)) if words[i] != words[i - 1]), len(words)]
    starts = tokens.starts[bound[:-1]]
    ends = tokens.ends[[i - 1 for i in bound[1:]]]
    labels = span_labels(marked, tokens, window, np.array(bound), word_shapes(text, starts, ends))
    names = [text[a:b] for a, b in zip(starts, ends, strict=True)]
    return {
        (names[first], names[first + length]): labels[first, length]
        for first in range(len(names))
        for length in range(min(MAX_WORDS, len(names) - first))
    }


def test_an_unmarked_capital_is_unknown_only_where_the_marking_is_incomplete(encoder):
    text, spans = "The Danube passes Vienna slowly", [(4, 10)]
    partly, fully = (labels_of(encoder, text, spans, complete=complete) for complete in (False, True))
    assert partly["Danube", "Danube"] == fully["Danube", "Danube"] == 1
    assert partly["Vienna", "Vienna"] == partly["passes", "Vienna"] == -1
    assert partly["The", "The"] == partly["The", "Danube"] == partly["passes", "passes"] == 0
    assert fully["Vienna", "Vienna"] == 0


def test_unknown_words_are_unknown_where_the_marking_is_complete_too(encoder):
    found = labels_of(encoder, "The Danube drowned a heron", [(4, 10)], complete=True, unknown=[(21, 26)])
    assert found["heron", "heron"] == found["a", "heron"] == -1
    assert found["Danube", "heron"] == found["a", "a"] == 0
    assert found["Danube", "Danube"] == 1


def test_where_nouns_are_left_out_only_what_touches_a_mention_is_known(encoder):
    found = labels_of(encoder, "the otter met a heron", [(4, 9)], complete=False, partly=True)
    assert found["otter", "otter"] == 1
    assert found["heron", "heron"] == found["met", "met"] == -1
    assert found["the", "otter"] == found["otter", "heron"] == found["the", "the"] == 0


def test_the_command_teaches_common_nouns_that_nobody_marked(encoder, command, noun_file, tmp_path):
    sentences = ["we saw a heron by the mill", "they fed an otter at noon", "she drew the heron again"]
    lines = [json.dumps({"id": str(n), "text": text, "entities": []}) for n, text in enumerate(sentences)]
    (tmp_path / "unmarked.jsonl").write_text("\n".join(lines), encoding="utf-8")
    training = {
        "data": [{"path": "unmarked.jsonl", "complete": True}],
        "nouns": {"taxonomy": noun_file.name, "branches": ["animal"], "repeat": 4},
        "batch_size": 6,
    }
    step = {"kind": "spans", "training": training, "steps": 60, "learning_rate": 3e-3, "threshold": 0.5}
    trained = command(step, start=str(find_spec("minilm").weights))
    assert trained.exit_code == 0, trained.output
    text = "he met a bream in the evening"
    [found] = encoder.encode([text], None, SpanHead.load(tmp_path / "out" / "spans.safetensors"))
    assert [text[a:b] for a, b in found.spans.tolist()] == ["bream"]


def test_a_few_sentences_are_learnt(encoder):
    towns = ["Vienna", "Ghent", "Oslo", "Lima", "Quito", "Turin"]
    texts = [
        MarkedText(f"they left {town} early and saw nobody", ((10, 10 + len(town)),), complete=True) for town in towns
    ]
    training = SpanTraining(batch_size=6)
    recipe = SpansStep(kind="spans", training=training, steps=60, learning_rate=3e-3, threshold=0.5)
    head = train_span_head(encoder, texts, recipe)
    text = "they left Porto early and saw nobody"
    found = encoder.encode([text, text.lower()], None, head)
    assert [[text[a:b] for a, b in one.spans.tolist()] for one in found] == [["Porto"], ["Porto"]]
