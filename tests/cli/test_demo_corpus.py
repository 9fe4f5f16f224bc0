import json
from pathlib import Path

TYPES = json.loads((Path(__file__).parents[2] / "demo" / "types.json").read_text(encoding="utf-8"))


def test_every_label_marks_whole_words_and_has_a_type(corpus):
    for line in corpus.values():
        text = line["text"]
        for entity in line["entities"]:
            start, end = entity["start"], entity["end"]
            surface = text[start:end]
            assert surface
            assert surface == surface.strip()
            assert not text[start - 1 : start].isalnum()
            assert not text[end : end + 1].isalnum()
            assert entity["type"] in TYPES


def test_there_are_about_two_hundred_sentences_of_usual_length_and_none_twice(corpus):
    assert 180 <= len(corpus) <= 240
    assert all(6 <= len(line["text"].split()) <= 30 for line in corpus.values())
    assert len({line["text"] for line in corpus.values()}) == len(corpus)


def test_evaluated_types_have_at_least_three_documents(corpus):
    for label, description in TYPES.items():
        documents = [line for line in corpus.values() if label in {entity["type"] for entity in line["entities"]}]
        assert (description is None) == (len(documents) < 3), label


def test_dinosaurs_are_many_and_their_near_misses_are_there(corpus):
    dinosaurs = {line["id"] for line in corpus.values() if "dinosaur" in {e["type"] for e in line["entities"]}}
    misses = {
        line["id"]
        for line in corpus.values()
        if any(word in line["text"] for word in ("inosaur", "T. Rex", "Jurassic", "Raptors", "Fossil"))
    } - dinosaurs
    assert len(dinosaurs) >= 12
    assert len(misses) >= 7
