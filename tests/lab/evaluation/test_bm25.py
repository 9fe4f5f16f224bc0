"""The word baseline."""

from nerret_tools.lab.evaluation.baselines import Baseline, rank_with

TEXTS = {
    "d4": "An airport lies north of the town",
    "d3": "The airport: airport hotel, airport bus",
    "d2": "We walked along the river",
    "d1": "Nobody spoke",
}


def rank(queries, texts=None):
    chosen = TEXTS if texts is None else texts
    return rank_with(Baseline.BM25, list(chosen), list(chosen.values()), queries, "no backbone is read")


def test_documents_with_the_word_come_first_more_of_it_before_less():
    assert rank(["airport"]) == [["d3", "d4"]]


def test_documents_without_the_word_are_not_found():
    assert rank(["river"]) == [["d2"]]


def test_a_query_of_unknown_or_stop_words_finds_nothing():
    assert rank(["zebra", "the", "!"]) == [[], [], []]


def test_equal_documents_are_ordered_by_id():
    assert rank(["boat"], {"z": "a boat", "b": "a boat", "a": "no"}) == [["b", "z"]]


def test_in_a_corpus_without_words_nothing_is_found():
    assert rank(["boat"], {"b": "...", "a": ""}) == [[]]


def test_letter_case_does_not_matter():
    assert rank(["AIRPORT"]) == rank(["airport"])
