"""Batches are made ready by other processes, and are the same ones whoever makes them."""

import numpy as np
import pytest

from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.training.ahead import Ahead, Comparison, prepare
from nerret_tools.lab.training.examples import LabelledExamples
from nerret_tools.lab.training.mentions import MarkedSentence
from nerret_tools.lab.training.recipe import SpanTraining
from nerret_tools.lab.training.spans import MarkedText
from nerret_tools.models import find_spec
from nerret_tools.models.encoders import load_encoder

TEXTS = [MarkedText("Two ferries pass Linz .", ((17, 21),), complete=True), MarkedText("Linz", ((0, 4),), True)]


@pytest.fixture(scope="module")
def encoder():
    return load_encoder(find_spec("minilm"), precision="float32", device="cpu")


def test_the_same_batches_come_from_any_number_of_processes(tmp_path, labelled_files, encoder):
    marked, types = labelled_files
    data = read_labelled(tmp_path / marked, tmp_path / types)

    def batches(processes):
        examples = LabelledExamples([data], 6, {"river": ["stream"]}, {}, noise=0.3, seed=1)
        spans = SpanTraining(batch_size=2)
        ahead = Ahead(encoder, {"labelled": examples.draw}, TEXTS, spans, ["labelled", "spans"], steps=7, seed=1)
        return list(ahead.run(processes))

    alone, together = batches(0), batches(2)
    assert [source for source, _ in alone] == ["labelled", "spans"] * 3 + ["labelled"]
    for (source, one), (other_source, other) in zip(alone, together, strict=True):
        assert source == other_source
        if isinstance(one, Comparison):
            assert one.reading.parts == other.reading.parts
            assert np.array_equal(one.positive, other.positive)
        else:
            assert one.ids == other.ids
            assert np.array_equal(one.labels, other.labels)
    drawn = [one.reading.parts for _, one in alone if isinstance(one, Comparison)]
    assert drawn[0] != drawn[1]


def test_spans_are_found_again_in_the_order_of_the_texts(encoder):
    texts = [
        MarkedSentence("The Old Bess went up the river Danube .", [(25, 37), (4, 12)]),
        MarkedSentence("Ghent", [(0, 5)]),
    ]
    reading = prepare(encoder, texts)
    ids = [part.ids[row][first:stop] for part in reading.parts for row, first, stop in part.spans]
    read = [encoder._tokenizer.decode(ids[place]) for place in reading.order]
    assert read == ["river danube", "old bess", "ghent"]
