"""What the adapter learns from: mined kinds, reworded types, messy text, and who is positive for whom."""

import random

import numpy as np
import pytest

from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.training.examples import LabelledExamples, MinedExamples, TaxonomyExamples
from nerret_tools.lab.training.mentions import MarkedSentence
from nerret_tools.lab.training.mining import mine, mine_types
from nerret_tools.lab.training.noise import roughen, shorten
from nerret_tools.lab.training.wordings import article, plural, reword

NOUNS = frozenset("ferry river singer company ship".split()) | {"container ship"}


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("It seems that the Ardenza was a small ferry of the line .", "Ardenza", "ferry"),
        ("They sold Halden Works , a company in Bergen .", "Halden Works", "company"),
        ("A song by singer Ida Holm won .", "Ida Holm", "singer"),
        ("They crossed rivers such as Glomma at night .", "Glomma", "river"),
        ("Later the Ardenza was a small ferry of the line .", "Ardenza", "ferry"),
        ("It seems that the Grete Maria is the largest container ship in port .", "Grete Maria", "container ship"),
    ],
)
def test_a_sentence_that_says_the_kind_of_a_name_is_mined(text, name, kind):
    found = {(text[one.start : one.end], one.kind) for one in mine([text], NOUNS)}
    assert (name, kind) in found


@pytest.mark.parametrize(
    "text",
    [
        "Ardenza sailed on .",
        "In 1903 the river froze .",
        "We saw that the Ardenza left port .",
        "We saw that the Ardenza was a part of it .",
    ],
)
def test_a_sentence_that_says_no_kind_gives_nothing(text):
    assert list(mine([text], NOUNS | {"part"})) == []


def test_kinds_that_no_name_has_are_left_out(taxonomy):
    texts = ["We saw the barge Old Bess .", "We heard the heron Grey Wing ."]
    assert [one.kind for one in mine_types(texts, taxonomy)] == ["barge"]


def test_types_are_reworded_in_many_ways_that_keep_the_noun():
    generator = random.Random(3)
    ways = {reword(["ferry", "ferryboat"], "a boat that carries people", generator) for _ in range(300)}
    assert {"ferry", "ferries", "a ferry", "the ferry", "a boat that carries people"} <= ways
    assert {"ferry or ferryboat", "ferryboat or ferry"} & ways
    assert "ferry, a boat that carries people" in ways
    assert plural("body of water") == "bodies of water"
    assert article("island") == "an"


def test_a_shortened_text_keeps_the_words_of_its_spans():
    text = "Yesterday the old ferry Ardenza sailed from Bergen to the small port of Florø in the snow ."
    spans = [(24, 31), (44, 50)]
    generator = random.Random(1)
    for _ in range(50):
        short, kept = shorten(text, spans, generator)
        assert short in text
        assert kept
        assert {short[start:end] for start, end in kept} <= {"Ardenza", "Bergen"}


def test_rough_text_keeps_offsets_and_the_words_of_its_spans():
    text = "Yesterday , the ferry Ardenza sailed ; nobody was on board ."
    generator = random.Random(2)
    rough = [roughen(text, [(22, 29)], generator, rate=0.5) for _ in range(20)]
    assert all(one[22:29] == "Ardenza" and len(one) == len(text) for one in rough)
    assert all(one != text for one in rough)
    assert any("," not in one for one in rough)


def test_a_noun_is_positive_for_every_category_above_it(taxonomy):
    sentence = MarkedSentence("We went aboard Old Bess .", [(15, 23)])
    examples = TaxonomyExamples(taxonomy, [sentence], types=4, seed=0)
    assert [taxonomy.synsets[number].lemmas for number in examples.contexts] == [("Old Bess",)]
    names = [taxonomy.synsets[number].lemmas[0] for number in taxonomy.types]
    seen = False
    for number in range(30):
        batch = examples.draw(number)
        assert batch.positive.shape == (len(batch.anchors), len(batch.texts)) == (4, 4)
        assert batch.positive.any(axis=0).all()
        for column, text in enumerate(batch.texts):
            [(start, end)] = text.spans
            if text.text[start:end] == "Old Bess":
                seen = True
                above = {anchor for row, anchor in enumerate(batch.anchors) if batch.positive[row, column]}
                assert not any("animal" in anchor for anchor in above)
    assert seen
    assert {"thing", "barge"} <= set(names)


def test_nouns_are_also_read_where_nobody_marked_them(taxonomy):
    texts = ["Two kayaks lay beside the barge .", "an otter on its kayak", "We took kayaks to Old Bess .", "Barge in !"]
    examples = TaxonomyExamples(taxonomy, [MarkedSentence(text, []) for text in texts], types=4, seed=0)
    found = {
        taxonomy.synsets[number].lemmas[0]: sorted(one.text[slice(*one.spans[0])] for one in contexts)
        for number, contexts in examples.contexts.items()
    }
    # No word before "kayaks" says that it is a noun; "Barge" has the capital of a first word, not of a name.
    assert found == {"barge": ["barge"], "otter": ["otter"], "kayak": ["kayak"], "Old Bess": ["Old Bess"]}


def test_a_marked_span_is_not_read_again(taxonomy):
    sentence = MarkedSentence("They sang of the otter king .", [(17, 27)])
    assert not TaxonomyExamples(taxonomy, [sentence], types=4, seed=0).contexts


def test_marked_entities_are_positive_for_their_type_and_their_group(tmp_path, labelled_files):
    marked, types = labelled_files
    data = read_labelled(tmp_path / marked, tmp_path / types)
    examples = LabelledExamples([data], 6, {"river": ["stream"]}, {"town": ["settlement"]}, noise=0.0, seed=0)
    for number in range(10):
        batch = examples.draw(number)
        assert len(batch.anchors) == 3
        column = 0
        for text in batch.texts:
            for start, end in text.spans:
                positive = [batch.anchors[row] for row in np.flatnonzero(batch.positive[:, column])]
                if text.text[start:end] == "Danube":
                    assert len(positive) == 1
                    assert any(word in positive[0] for word in ("river", "stream"))
                else:
                    assert len(positive) == 2
                column += 1
        assert column == batch.positive.shape[1]


def test_what_is_a_kind_of_the_other_is_no_negative(taxonomy):
    texts = [
        "We saw the barge Old Bess .",
        "We know that the Wild Rover was a vehicle .",
        "We know that the Red Fox is an animal .",
    ]
    mined = list(mine(texts, {"barge", "vehicle", "animal"}))
    examples = MinedExamples(mined, [], taxonomy, count=12, noise=0.0, seed=0)
    batch = examples.draw(0)
    kinds = [next(k for k in ("barge", "vehicle", "animal") if plural(k) in a or k in a) for a in batch.anchors]
    names = [text.text[slice(*text.spans[0])] for text in batch.texts]
    kind_of = {"Old Bess": "barge", "Wild Rover": "vehicle", "Red Fox": "animal"}
    related = {("barge", "vehicle"), ("vehicle", "barge")}
    assert len(kinds) > 1
    for row, kind in enumerate(kinds):
        for column, name in enumerate(names):
            assert batch.positive[row, column] == (kind == kind_of[name])
            assert batch.unknown[row, column] == ((kind, kind_of[name]) in related)
