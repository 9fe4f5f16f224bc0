"""A mention among foreign sentences, and sentences with free-text types as a labelled set."""

import numpy as np
import pytest
from typer.testing import CliRunner

from nerret_tools.lab.evaluation import surroundings
from nerret_tools.lab.evaluation.held_back import label_texts
from nerret_tools.lab.evaluation.surroundings import COUNTS, SIDES, Asked, changes, relevances
from nerret_tools.lab.training.taxonomy import Taxonomy
from nerret_tools.lab.training.typed import TypedText, TypeRelations
from nerret_tools.models import Calibration, Model, find_spec
from nerret_tools.models.spec import CALIBRATION_FILE

DANUBE = Asked("The Danube floods the meadows every other spring.", 4, 10, "river")


@pytest.fixture(scope="module")
def judge():
    spec = find_spec("minilm")
    return Model(spec).load(), Calibration.load(spec.weights / CALIBRATION_FILE)


def test_a_mention_that_nobody_detects_has_no_relevance(judge):
    nothing = Asked("It rained all day, and nobody went.", 3, 9, "river")
    assert relevances(*judge, [DANUBE, nothing]).tolist() == [pytest.approx(0.9, abs=0.4), 0]


def test_whole_sentences_around_it_change_little_and_half_a_sentence_does(judge):
    apart = list(changes(*judge, [DANUBE], ["It rained, and nobody went out."]))
    assert [(side, count) for side, count, _ in apart] == [(side, count) for count in COUNTS for side in SIDES]
    most = max(np.abs(change).max() for _, _, change in apart)
    assert most < 0.05
    broken = list(changes(*judge, [DANUBE], ["Siemens, whose new director, called Mr"]))
    assert max(np.abs(change).max() for _, _, change in broken) > most


def test_the_command_says_how_much_changes_on_each_side(small_world):
    app = surroundings.typer.Typer()
    app.command()(surroundings.main)
    result = CliRunner().invoke(app, [*map(str, small_world), "--mentions", "4"])
    assert result.exit_code == 0, result.output
    assert "4 mentions, relevance changes by" in result.output
    assert "recall by sentences a document" in result.output
    assert result.output.count("foreign sentences") == len(COUNTS) * len(SIDES)


def test_what_is_not_listed_may_be_unknown():
    def text(name, *types):
        return TypedText(name, name, ((0, len(name)),), (types,), complete=True)

    texts = [text("Ole", "German skipper", "skipper"), *(text(name, "skipper") for name in ("Ida", "Kim"))]
    texts.append(text("Oslo", "town"))
    documents, types = label_texts(texts, TypeRelations(texts, Taxonomy([], [], [], [], [])))
    assert types == {"skipper": "skipper"}  # no other is true of three
    assert [[one.type for one in document.entities] for document in documents] == [["skipper"]] * 3 + [[]]
    documents, types = label_texts([*texts, *texts[:1] * 2], TypeRelations(texts, Taxonomy([], [], [], [], [])))
    assert sorted(types) == ["German skipper", "skipper"]
    assert documents[1].unknown == ["German skipper"]  # Ida may be one
    assert documents[3].unknown == []  # a town is none
