"""Which names are put together, why, and which are not."""

from collections import Counter

import pytest

from nerret_tools.entities.grouping import group_names


def b_cubed(found, right):
    """Precision, recall and F1 of a grouping (Bagga and Baldwin, 1998); both are lists of labels."""
    together = Counter(zip(found, right, strict=True))
    of_found, of_right = Counter(found), Counter(right)
    precision = sum(n * n / of_found[a] for (a, _), n in together.items()) / len(found)
    recall = sum(n * n / of_right[b] for (_, b), n in together.items()) / len(found)
    return precision, recall, 2 * precision * recall / (precision + recall)


def test_b_cubed_is_the_published_example():
    # Five, two and five things; the second and the third put together
    precision, recall, _ = b_cubed([1] * 5 + [2] * 7, ["a"] * 5 + ["b"] * 2 + ["c"] * 5)
    assert precision == pytest.approx(0.76, abs=0.005)
    assert recall == 1


def test_the_labelled_names_are_put_together_as_a_reader_would(read_marked, passages):
    found, right = read_marked(passages)
    assert len(right) >= 300
    precision, _, f1 = b_cubed(group_names(found).members.tolist(), right)
    assert precision > 0.98
    assert f1 > 0.95


@pytest.mark.parametrize(
    ("surface", "reason"),
    [
        ("ANGELA MERKEL", "letter case"),
        ("the Angela Merkel", "determiner"),
        ("Angela Merkel's", "possessive"),
        ("Angéla Merkel", "accents"),
        ("Angela-Merkel", "punctuation"),
        ("Angela\n Merkel", "white space"),
        ("Chancellor Angela Merkel", "title"),
    ],
)
def test_spellings_are_one_name_and_the_difference_is_said(groups, surface, reason):
    found = groups("{Angela Merkel} and {Angela Merkel}", f"{{{surface}}}")
    assert found == {"Angela Merkel": {"Angela Merkel": "", surface: reason}}


def test_a_later_last_name_is_the_name_before_it_and_so_everywhere(groups):
    found = groups("{Angela Merkel} spoke. {Merkel} left.", "{Merkel's} car")
    assert found == {
        "Angela Merkel": {
            "Angela Merkel": "",
            "Merkel": 'short form of "Angela Merkel" in p0',
            "Merkel's": 'short form of "Angela Merkel" in p0',
        }
    }


def test_a_last_name_of_two_people_is_told_apart_by_its_document(groups):
    found = groups(
        "{George Bush} and then {Bush}", "{Barbara Bush}. {Bush}", "{Bush}", "{George Bush}, {Barbara Bush}, {Bush}"
    )
    assert {name: set(surfaces) for name, surfaces in found.items()} == {
        "George Bush": {"George Bush", "Bush"},
        "Barbara Bush": {"Barbara Bush", "Bush"},
        "Bush": {"Bush"},
    }


@pytest.mark.parametrize(
    "passage",
    [
        "The {European Union (EU)} and the {EU}",
        "The {European Union} ({EU})",
        "{the European Union}. {EU} law and {the EU's} budget",
        "{EU (European Union)}; later the {EU}, and the {European Union}",
    ],
)
def test_an_abbreviation_that_a_document_writes_out_is_that_name(groups, passage):
    (found,) = groups(passage, "{EU} law").items()
    assert found[0] == "European Union"
    assert found[1]["EU"] == 'abbreviation of "European Union" in p0'


def test_capitals_in_front_of_a_name_stand_for_it(groups):
    assert set(groups("{KLM Royal Dutch Airlines} said {KLM} would pay")) == {"KLM Royal Dutch Airlines"}


def test_plurals_go_with_their_singular(groups):
    assert groups("a {Boeing 747} and two {Boeing 747s}") == {
        "Boeing 747": {"Boeing 747": "", "Boeing 747s": 'plural of "Boeing 747"'}
    }


@pytest.mark.parametrize(
    "passage",
    [
        "{South Africa} and {Africa}",
        "{New Mexico} and {Mexico}",
        "{Bank of America} in {America}",
        "{Simon and Garfunkel} with {Garfunkel}",
        "{Lufthansa Cargo} and {Lufthansa}",
        "{World War II} after {World War I}",
        "{Williams} with {William}",
        "{Adams} saw {Adam}",
        "{Merkel}, that is {Angela Merkel}",
        "{Tartu University} in {Tartu}",
    ],
)
def test_what_is_only_alike_stays_apart(groups, passage):
    assert len(groups(passage)) == 2


def test_the_article_stays_where_the_name_is_never_without(groups):
    assert set(groups("{The Beatles} and {The Beatles}")) == {"The Beatles"}
    assert set(groups("{The Danube} and {the Danube}")) == {"Danube"}


def test_no_mentions_no_entities(read_marked):
    found, _ = read_marked(["{a}"])
    empty = type(found)(found.documents[:0], found.starts[:0], found.ends[:0], [], [])
    assert group_names(empty).names == []
