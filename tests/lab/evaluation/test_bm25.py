"""The word baseline."""

import pytest

from nerret_tools.lab.evaluation.baselines import Baseline, rank_with

TEXTS = {
    "d4": "An airport lies north of the town",
    "d3": "The airport: airport hotel, airport bus",
    "d2": "We walked along the river",
    "d1": "Nobody spoke",
}


@pytest.mark.parametrize(
    ("texts", "query", "found"),
    [
        (TEXTS, "airport", ["d3", "d4"]),  # more of it before less
        (TEXTS, "AIRPORT", ["d3", "d4"]),
        (TEXTS, "river", ["d2"]),
        (TEXTS, "zebra", []),
        (TEXTS, "the", []),
        (TEXTS, "!", []),
        ({"z": "a boat", "b": "a boat", "a": "no"}, "boat", ["b", "z"]),
        ({"b": "...", "a": ""}, "boat", []),
    ],
)
def test_documents_with_the_word_are_found_more_of_it_first_and_equal_ones_by_id(texts, query, found):
    assert rank_with(Baseline.BM25, list(texts), list(texts.values()), [query], "no backbone is read") == [found]
