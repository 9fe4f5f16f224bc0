"""Types and members from a noun file."""

import pytest

from nerret_tools.errors import DataFileError
from nerret_tools.lab.training.taxonomy import read_wordnet


def names(taxonomy, synsets):
    return {taxonomy.synsets[synset].lemmas[0] for synset in synsets}


def test_every_noun_with_enough_nouns_below_it_is_a_type(noun_file):
    taxonomy = read_wordnet(noun_file, min_members=3, max_members=8)
    assert names(taxonomy, taxonomy.types) == {"animal", "vehicle"}
    members = {
        taxonomy.synsets[kind].lemmas[0]: names(taxonomy, below)
        for kind, below in zip(taxonomy.types, taxonomy.members, strict=True)
    }
    assert members == {"animal": {"otter", "heron", "bream"}, "vehicle": {"kayak", "tram", "barge", "Old Bess"}}


def test_ancestors_are_the_same_relation_from_below(noun_file):
    taxonomy = read_wordnet(noun_file, min_members=1, max_members=100)
    for synset, above in enumerate(taxonomy.ancestors):
        for kind in above:
            assert synset in taxonomy.members[kind]
    assert sum(map(len, taxonomy.ancestors)) == sum(map(len, taxonomy.members))
    bess = next(one for one in taxonomy.synsets if one.is_instance)
    assert bess.lemmas == ("Old Bess",)
    assert bess.definition == "what one calls a Old Bess"


def test_a_line_that_is_no_noun_is_named(noun_file, tmp_path):
    noun_file.write_text(noun_file.read_text() + "nonsense\n", encoding="utf-8")
    with pytest.raises(DataFileError, match=r"nouns\.noun, line 12"):
        read_wordnet(noun_file)
    with pytest.raises(DataFileError, match="cannot be read"):
        read_wordnet(tmp_path / "missing")


def test_wordnet_itself_has_thousands_of_types(shared_data):
    taxonomy = read_wordnet(shared_data / "wordnet" / "data.noun")
    assert len(taxonomy.synsets) == 82_115
    assert 6_000 < len(taxonomy.types) < 6_200
