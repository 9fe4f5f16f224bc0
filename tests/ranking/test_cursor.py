"""Cursors continue one search on one state of one index, and say why they refuse another."""

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerret_tools.errors import CursorError
from nerret_tools.ranking import Cursor, ListIdentity, Search

LIST = ListIdentity("i1", 7, Search(where={"a": 1}, min_relevance=0.5).identity("dinosaur"))


@given(place=st.integers(0, 2**32 - 1), size=st.integers(0, 2**24 - 1), generation=st.integers(0, 2**40))
def test_a_cursor_comes_back_as_it_was_in_24_letters(place, size, generation):
    of = dataclasses.replace(LIST, generation=generation)
    text = Cursor(place, size).encode(of)

    assert re.fullmatch("[A-Za-z0-9_-]{24}", text)
    assert Cursor.decode(text, of) == Cursor(place, size)


@pytest.mark.parametrize("damage", ["", "é", "AAAA", "=" * 8, "A" * 24, "A" * 5000])
def test_nonsense_is_refused(damage):
    with pytest.raises(CursorError, match="damaged"):
        Cursor.decode(damage, LIST)


def test_any_changed_character_is_noticed():
    cursor = Cursor(20, 10).encode(LIST)

    for place in range(len(cursor)):
        other = "A" if cursor[place] != "A" else "B"
        with pytest.raises(CursorError):
            Cursor.decode(cursor[:place] + other + cursor[place + 1 :], LIST)


def test_the_identity_of_a_search_is_of_everything_that_changes_its_list_and_of_nothing_else():
    one = Search(where={"x": 1, "y": 2}, limit=3, max_mentions=5)
    assert one.identity(" airline") == Search(where={"y": 2, "x": 1}, cursor="z").identity("airline")
    others = [Search(), Search(where={}), Search(min_score=0), Search(min_relevance=0)]
    assert len({other.identity("airline") for other in others} | {Search().identity("airlines")}) == 5
