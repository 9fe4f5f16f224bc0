import asyncio
import os
import random
import select
import signal

import numpy as np
import pytest

from nerret_tools import EntityExtractor, TypedMention
from nerret_tools.archetypes.extractor import ASKED_AT_ONCE, BATCH_SIZE, CHOICES
from nerret_tools.archetypes.scorer import Question
from nerret_tools.errors import DocumentError, EntityTypeError, FilterError, ModelError, ScorerError

TYPES = {
    "politician": "a person who holds or seeks public office",
    "river": "a large natural stream of water",
    "university": "an institution of higher education",
    "disease": "an illness of the body",
}
TEXTS = [
    "Angela Merkel studied at Leipzig University before she became chancellor .",
    "The Danube flows from Germany to the Black Sea .",
    "Malaria kills many people every year .",
    "",
]


def test_mentions_get_types_that_fit(extractor):
    found = extractor.extract(TEXTS, TYPES)
    types = {(one.text, one.type) for mentions in found for one in mentions}
    assert ("Angela Merkel", "politician") in types
    assert ("Leipzig University", "university") in types
    assert ("Danube", "river") in {(text.removeprefix("The "), kind) for text, kind in types}
    assert ("Malaria", "disease") in types
    assert found[3] == []


def test_offsets_and_values_hold(extractor):
    for text, mentions in zip(TEXTS, extractor.extract(TEXTS, TYPES, min_relevance=0), strict=True):
        ends = [0]
        for one in mentions:
            assert isinstance(one, TypedMention)
            assert text[one.start : one.end] == one.text
            assert one.start >= ends[-1]
            assert 0 <= one.relevance <= 1
            assert one.type in TYPES
            ends.append(one.end)


def test_the_archetype_is_the_mentions_own(extractor):
    (found,) = extractor.extract(TEXTS[:1], ["politician", "university"])
    assert {one.text: one.archetype for one in found}["Angela Merkel"] == "Person"


def test_the_order_of_types_does_not_matter(extractor):
    names = [*TYPES, "album", "planet", "misc"]
    expected = extractor.extract(TEXTS, names, min_relevance=0)
    for seed in range(3):
        shuffled = random.Random(seed).sample(names, len(names))
        assert extractor.extract(TEXTS, shuffled, min_relevance=0) == expected


def test_batches_do_not_change_the_answer(extractor):
    many = extractor.extract(TEXTS * (BATCH_SIZE // 4 + 1), TYPES)
    alone = extractor.extract(TEXTS, TYPES)
    for number, mentions in enumerate(many):
        expected = alone[number % len(TEXTS)]
        assert [(one.start, one.end, one.type) for one in mentions] == [
            (one.start, one.end, one.type) for one in expected
        ]


def test_min_relevance_cuts_what_lies_below_it(extractor):
    everything = extractor.extract(TEXTS, TYPES, min_relevance=0)
    some = extractor.extract(TEXTS, TYPES, min_relevance=0.5)
    assert [[one for one in mentions if one.relevance >= 0.5] for mentions in everything] == some
    assert extractor.extract(TEXTS, TYPES, min_relevance=1) == [[], [], [], []]


def test_the_asynchronous_twin_answers_alike(extractor):
    assert asyncio.run(extractor.aextract(TEXTS, TYPES)) == extractor.extract(TEXTS, TYPES)


def test_no_texts_no_answer(extractor):
    assert extractor.extract([], TYPES) == []


@pytest.mark.parametrize(
    ("texts", "types", "min_relevance", "error", "message"),
    [
        (TEXTS, [], None, EntityTypeError, "no types"),
        (TEXTS, ["a", "a"], None, EntityTypeError, "two types"),
        (TEXTS, {"long": "a " + "x" * 10_000}, None, EntityTypeError, "10,002 characters"),
        (TEXTS, {"long": "a " + "é§ " * 300}, None, EntityTypeError, "too long for the model"),
        ("one text", TYPES, None, DocumentError, "a list of texts"),
        ([None], TYPES, None, DocumentError, "text 0 is NoneType"),
        (["a", "Merkel \ud83d"], TYPES, None, DocumentError, "text 1 has a lone surrogate at character 7"),
        (TEXTS, TYPES, 1.5, FilterError, "not between 0 and 1"),
    ],
)
def test_what_cannot_be_used_is_said(extractor, texts, types, min_relevance, error, message):
    with pytest.raises(error, match=message):
        extractor.extract(texts, types, min_relevance)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_is_told_to_load_its_own(extractor):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # nothing may leave this branch
        try:
            extractor.extract(TEXTS, TYPES)
        except ModelError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    ready, _, _ = select.select([reader], [], [], 300)
    told = os.read(reader, 1000).decode() if ready else "nothing in 300 seconds"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader)
    assert "forked" in told
    assert "load it again" in told


class Told:
    """A scorer that answers by a rule, and notes what it is asked."""

    def __init__(self, rule):
        self.rule = rule
        self.asked: list[Question] = []

    def choose(self, questions):
        self.asked += questions
        return [self.rule(question) for question in questions]


def sure(question, name):
    answer = np.zeros(len(question.candidates) + 1)
    answer[[one.name for one in question.candidates].index(name) if name else -1] = 1.0
    return answer


def test_a_scorer_decides_among_the_likeliest_types():
    scorer = Told(lambda question: sure(question, "politician" if "Merkel" in question.text else None))
    found = EntityExtractor.load(scorer=scorer).extract(TEXTS, TYPES)
    assert {one.type for one in found[0]} == {"politician"}
    assert found[1] == found[2] == []
    many = [*TYPES, "song", "planet", "film", "car", "ship", "poem", "tree", "king"]
    scorer.rule = lambda question: None
    assert EntityExtractor.load(scorer=scorer).extract(TEXTS, many, min_relevance=0) == [[], [], [], []]
    assert {len(question.candidates) for question in scorer.asked[-3:]} == {CHOICES}


def test_what_was_complete_is_kept_where_a_scorer_fails():
    calls = []

    def rule(question):
        calls.append(question)
        if "Danube" in question.text:
            raise ScorerError("gone")
        return sure(question, "politician")

    texts = [TEXTS[0]] * ASKED_AT_ONCE + [TEXTS[1]]
    with pytest.raises(ScorerError, match="gone") as caught:
        EntityExtractor.load(scorer=Told(rule)).extract(texts, TYPES)
    assert len(caught.value.partial) == ASKED_AT_ONCE
    assert {one.type for one in caught.value.partial[0]} == {"politician"}


def test_a_causal_model_can_be_the_scorer(causal_folder):
    from nerret_tools.archetypes.language_model import CausalScorer

    found = EntityExtractor.load(scorer=CausalScorer(causal_folder)).extract(TEXTS, TYPES, min_relevance=0)
    assert {one.type for mentions in found for one in mentions} <= set(TYPES)


def test_a_schema_is_explained(extractor):
    report = extractor.explain(TEXTS, {**TYPES, "head of state": "a politician who leads a country", "galaxy": None})
    kinds = {one.type: one for one in report.types}
    assert next(iter(kinds["politician"].archetypes)) == "Person"
    assert next(iter(kinds["disease"].archetypes)) == "Medicine"
    assert kinds["disease"].mentions == 1
    assert "galaxy" in report.unreached
    assert "disease" not in report.unreached
    assert report.typed == sum(one.mentions for one in report.types) <= report.candidates
    assert ("head of state", "politician") in {one.types for one in report.overlaps}
