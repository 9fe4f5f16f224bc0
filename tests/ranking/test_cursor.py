"""Cursors continue one search on one state of one index, and say why they refuse another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerret_tools.errors import CursorError
from nerret_tools.ranking import Position, decode_cursor, encode_cursor, search_digest

BOUND = {"index_id": "i1", "generation": 7, "digest": search_digest("dinosaur", {"a": 1}, 0.5)}


@given(score=st.floats(-1, 1), document_id=st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_a_cursor_comes_back_as_the_position_it_was_made_from(score, document_id):
    position = Position(score, document_id)
    cursor = encode_cursor(position, **BOUND)

    assert decode_cursor(cursor, **BOUND) == position
    assert set(cursor) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"index_id": "i2"}, "another index"),
        ({"generation": 8}, "index has changed"),
        ({"digest": search_digest("airline", {"a": 1}, 0.5)}, "another search"),
    ],
)
def test_a_cursor_of_something_else_is_refused_with_the_reason(change, reason):
    cursor = encode_cursor(Position(0.5, "d1"), **BOUND)

    with pytest.raises(CursorError, match=reason):
        decode_cursor(cursor, **{**BOUND, **change})


@pytest.mark.parametrize("damage", ["", "x", "é", "AAAA", "=" * 8, " ", "A" * 5000])
def test_nonsense_is_refused(damage):
    with pytest.raises(CursorError, match="damaged"):
        decode_cursor(damage, **BOUND)


def test_any_changed_character_is_noticed():
    cursor = encode_cursor(Position(0.25, "d1"), **BOUND)

    for place in range(len(cursor) - 1):
        other = "A" if cursor[place] != "A" else "B"
        with pytest.raises(CursorError):
            decode_cursor(cursor[:place] + other + cursor[place + 1 :], **BOUND)


def test_the_digest_does_not_depend_on_the_order_of_keys_but_on_everything_else():
    assert search_digest("a", {"x": 1, "y": 2}) == search_digest("a", {"y": 2, "x": 1})
    assert len({search_digest("a"), search_digest("b"), search_digest("a", None), search_digest("a", 0)}) == 4
