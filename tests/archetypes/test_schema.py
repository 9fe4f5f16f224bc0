import pytest

from nerret_tools.archetypes.schema import read_types
from nerret_tools.errors import EntityTypeError


def only(types):
    (one,) = read_types(types)
    return one


def test_a_sentence_defines_the_type_and_a_short_phrase_names_it():
    assert only({"politician": "a person who holds public office"}).name == "politician"
    assert only({"politician": "a person who holds public office"}).definition == "a person who holds public office"
    assert only({"PER": "person"}).name == only({"PER": "person"}).definition == "person"
    assert only({"PER": "person"}).label == "PER"


def test_without_a_definition_the_name_stands_for_it():
    assert only(["song"]).definition == only({"song": None}).definition == "song"


def test_name_and_definition_may_be_given_apart():
    one = only({"LAW": {"name": "law", "definition": "an act or statute"}})
    assert (one.label, one.name, one.definition) == ("LAW", "law", "an act or statute")


@pytest.mark.parametrize(
    ("label", "name"), [("political_party", "political party"), ("VisualWork", "Visual Work"), ("art-film", "art film")]
)
def test_labels_are_read_as_words(label, name):
    assert only([label]).name == name


def test_the_given_order_does_not_matter():
    assert read_types(["b", "a", "c"]) == read_types(["c", "b", "a"])


def test_a_type_for_the_rest_is_known_by_its_name():
    assert [one.is_residual for one in read_types(["Misc", "song", "other"])] == [True, True, False]


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ([], "no types"),
        ({}, "no types"),
        (["song", "song"], "two types have the name"),
        (["song", " Song "], "two types have the name"),
        ({"song": "  "}, "the definition of type 'song' is empty"),
        ({"song": "a " + "very " * 2000 + "long piece"}, "'song' has 10,012 characters"),
        (["x" * 5000], "5,000 characters"),
        (["123"], "no letters"),
        ([7], "not int"),
        ({"song": 7}, "not int"),
        ({"song": {"name": "song", "meaning": "x"}}, "name and definition"),
        ("song", "must be a list"),
    ],
)
def test_what_cannot_be_used_is_said(types, message):
    with pytest.raises(EntityTypeError, match=message):
        read_types(types)
