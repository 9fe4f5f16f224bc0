"""Sentences joined to passages, and types told apart by what the training had of them."""

import pytest

from nerret_tools import Document, EntityIndex
from nerret_tools.errors import DataFileError
from nerret_tools.lab.evaluation.familiarity import Training, familiarity, head_noun, read_training
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.evaluation.passages import LENGTHS, join, join_sentences
from nerret_tools.lab.evaluation.scoring import score_system
from nerret_tools.models import find_spec


def test_every_sentence_stands_at_its_place_in_a_passage(small_world):
    sentences = read_labelled(*small_world).documents
    passages = join(sentences, 5)
    assert [len(one.sentences) for one in passages] == [5, 5, 2]
    found = {name: one.document.text[start:end] for one in passages for name, start, end in one.sentences}
    assert found == {one.id: one.text for one in sentences}


def test_passages_of_one_sentence_are_found_as_the_sentences_are(small_world, tmp_path):
    data = read_labelled(*small_world)
    points = join_sentences(data, "minilm")
    assert [(one.sentences, one.documents) for one in points] == list(zip(LENGTHS, [12, 4, 2, 1], strict=True))
    assert points[-1].r_precision.mean == 1  # one passage, relevant for every type
    recalls = []
    with EntityIndex.open(tmp_path / "index") as index:
        index.add(Document(id=one.id, text=one.text) for one in data.documents)
        for label, description in data.types.items():
            listed = {hit.document_id for hit in index.find(description).hits}
            recalls.append(len(listed & data.relevant[label]) / len(data.relevant[label]))
    assert points[0].recall == pytest.approx(sum(recalls) / 3)


@pytest.mark.parametrize(
    ("description", "head"),
    [
        ("airline", "airline"),
        ("German car makers", "car maker"),
        ("companies that make chips", "companie"),
        ("book of the Bible", "book"),
        ("ship, boat", "ship"),
    ],
)
def test_the_head_noun_is_the_last_word_before_what_follows_it(description, head):
    assert head_noun(description) == head.split()[-1]


def test_types_are_grouped_by_what_the_training_had(small_world):
    training = Training(frozenset({"river", "wading bird", "ship"}), frozenset({"river", "bird", "ship"}))
    data = read_labelled(*small_world)
    perfect = score_system("perfect", data, {label: sorted(data.relevant[label]) for label in data.types})
    rows = familiarity([perfect], training)
    assert [(row.group, row.types) for row in rows] == [("wording", 1), ("head noun", 1), ("neither", 1)]
    assert all(row.r_precision["perfect"].mean == 1 for row in rows)


def test_the_training_had_what_the_recipe_names(training_data):
    training = read_training(training_data, find_spec("minilm").weights)
    assert {"otter", "wading bird", "boat", "company"} <= training.wordings
    assert {"river", "planet", "other", "held-back thing"}.isdisjoint(training.wordings)
    assert (training.group("Boat"), training.group("boats for two")) == ("wording", "head noun")


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(DataFileError, match="cannot be read"):
        read_training(tmp_path, find_spec("minilm").weights)
