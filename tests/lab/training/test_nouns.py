"""Common nouns in sentences: which are marked, which are unknown, and what takes their places."""

import pytest

from nerret_tools.errors import DataFileError
from nerret_tools.lab.training.nouns import CommonNouns
from nerret_tools.lab.training.spans import MarkedText
from nerret_tools.lab.training.taxonomy import read_wordnet


def surfaces(text, spans):
    return [text[start:end] for start, end in spans]


def test_a_noun_without_kinds_is_a_mention_and_one_with_kinds_is_unknown(taxonomy):
    text = "Kim saw a heron , the otters and some tame otters on a barge ."
    marked = CommonNouns(taxonomy, ["animal", "vehicle"], 0).mark(MarkedText(text, ((0, 3),), complete=True))
    assert surfaces(text, marked.spans) == ["Kim", "heron", "otters"]
    # No word before the second "otters" says that it is a noun.
    assert surfaces(text, marked.unknown) == ["otters", "barge"]
    assert marked.complete


def test_other_branches_and_what_is_marked_already_stay(taxonomy):
    text = "They took a kayak to the heron house ."
    house = (25, 36)
    marked = CommonNouns(taxonomy, ["animal"], 0).mark(MarkedText(text, (house,), complete=False))
    assert marked == MarkedText(text, (house,), complete=False, unknown=())


def test_a_category_of_many_kinds_is_no_mention_and_not_unknown(noun_file):
    with noun_file.open("a", encoding="utf-8") as file:
        for number in range(900, 930):
            file.write(f"{number:08d} 03 n 01 beast{number} 0 001 @ 00000101 n 0000 | one more animal\n")
    taxonomy = read_wordnet(noun_file, min_members=1)
    text = "Every animal needs a barge ."
    marked = CommonNouns(taxonomy, ["animal", "vehicle"], 0).mark(MarkedText(text, (), complete=True))
    assert surfaces(text, marked.unknown) == ["barge"]


def test_a_noun_counts_by_its_senses(noun_file):
    lines = [
        "00000201 03 n 01 kayak 0 001 @ 00000100 n 0000 | a kind of song",
        "00000202 03 n 01 bream 0 001 @ 00000100 n 0000 | a kind of stone",
        "00000203 03 n 01 bream 0 001 @ 00000100 n 0000 | a kind of gate",
        "00000204 03 n 01 animal 0 001 @ 00000100 n 0000 | a shop for pets",
        "00000205 03 n 01 aviary 0 001 @ 00000204 n 0000 | one for birds",
    ]
    with noun_file.open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    nouns = CommonNouns(read_wordnet(noun_file, min_members=1), ["animal", "vehicle"], 0)
    text = "The kayak , the bream and the otter left the aviary ."
    marked = nouns.mark(MarkedText(text, (), complete=True))
    # Half of the kayak's senses are in the branches, a third of the bream's; the larger "animal" is the branch.
    assert surfaces(text, marked.spans) == ["otter"]
    assert surfaces(text, marked.unknown) == ["kayak"]


def test_what_was_unknown_stays_so_and_moves_with_the_text(taxonomy):
    text = "Here an otter met Flint ."
    given = MarkedText(text, ((5, 7),), complete=True, unknown=((18, 23),))
    nouns = CommonNouns(taxonomy, ["animal"], 0)
    assert nouns.mark(given).unknown == given.unknown
    while (other := nouns.exchange(given)).text == text:
        pass
    assert surfaces(other.text, other.unknown) == ["Flint"]
    assert surfaces(other.text, other.spans[:1]) == ["an"]


def test_nouns_change_places_with_others_of_their_branch_and_ending(taxonomy):
    text = "Here an otter met the kayaks near Ghent ."
    nouns = CommonNouns(taxonomy, ["animal", "vehicle"], 0)
    seen = set()
    for _ in range(40):
        other = nouns.exchange(MarkedText(text, ((34, 39),), complete=True))
        animal, vehicle, town = surfaces(other.text, sorted(other.spans))
        assert town == "Ghent"
        seen |= {animal, vehicle}
    assert seen == {"otter", "heron", "bream", "kayaks", "trams"}


def test_a_text_without_such_nouns_has_nothing_to_exchange(taxonomy):
    assert CommonNouns(taxonomy, ["animal"], 0).exchange(MarkedText("A kayak .", (), complete=True)) is None


def test_a_branch_that_the_taxonomy_lacks_is_named(taxonomy):
    with pytest.raises(DataFileError, match='"fungus" is no category'):
        CommonNouns(taxonomy, ["animal", "fungus"], 0)
