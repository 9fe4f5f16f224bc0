"""A mention that is only the type's own word finds its document, behind those that name something."""

import copy
import itertools
import os
import pickle

import pytest

from nerret_tools import EntityIndex, Span
from nerret_tools.errors import StoreError
from tests.marked import marked


@pytest.fixture(scope="module")
def airlines(tmp_path_factory):
    named = marked("named", "{Lufthansa} cancelled every flight to {Lima}, and {Lufthansa} paid for the hotels.")
    documents = [
        marked("generic", "{The airline} cancelled every flight to Lima."),
        named.model_copy(update={"spans": [*named.spans, Span(start=0, end=19)]}),
        marked("both", "{The airline} that paid was {Qantas}, and {Qantas} said so."),
    ]
    with EntityIndex.open(tmp_path_factory.mktemp("airlines") / "index") as opened:
        opened.add(documents)
        yield opened


def test_a_generic_mention_is_told_apart_and_counts_no_more_than_an_even_chance(airlines):
    for dtype in ("float32", "int8"):
        with EntityIndex.open(airlines.stats().location, scan_dtype=dtype) as opened:
            found = {hit.document_id: hit for hit in opened.find("airline", min_relevance=0).hits}
        (mention,) = found["generic"].mentions
        assert mention.generic
        assert 0.49 < found["generic"].relevance <= 0.5
        assert [one.generic for one in found["both"].mentions].count(True) == 1
        assert not any(one.generic for one in found["named"].mentions)
    assert "generic" in {hit.document_id for hit in airlines.find("airline", min_relevance=0.4).hits}


def test_a_type_that_is_another_word_makes_nothing_generic(airlines):
    hits = airlines.find("company", min_relevance=0).hits
    assert not any(mention.generic for hit in hits for mention in hit.mentions)


def test_evidence_has_other_names_before_repeats_and_no_two_that_overlap(airlines):
    for hit in airlines.find("airline", min_relevance=0, max_mentions=10).hits:
        spans = sorted((one.start, one.end) for one in hit.mentions)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
        names = [one.text for one in hit.mentions]
        distinct = len(set(names))
        assert len(set(names[:distinct])) == distinct
        assert hit.score == hit.mentions[0].score


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_an_open_index_is_not_copied_and_says_what_to_do_instead(airlines, duplicate):
    with pytest.raises(TypeError, match=r"cannot be pickled or copied.*EntityIndex\.open"):
        duplicate(airlines)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_after_a_fork_every_call_on_an_inherited_index_says_so_at_once(airlines):
    calls = [
        lambda: airlines.find("airline"),
        lambda: airlines.entities("airline"),
        lambda: airlines.rank_many(["airline"]),
        lambda: airlines.add([{"id": "new", "text": "KLM flies."}]),
        lambda: airlines.get(["named"]),
        lambda: airlines.ids(),
        lambda: airlines.delete(["named"]),
        lambda: airlines.mentions("named"),
        lambda: airlines.stats(),
    ]
    child = os.fork()
    if not child:  # nothing may leave this branch
        refused = 0
        try:
            for call in calls:
                try:
                    call()
                except StoreError as error:
                    refused += "forked" in str(error)
            airlines.close()
        finally:
            os._exit(refused)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == len(calls)
    assert airlines.find("airline", min_relevance=0).total == 3
