from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nerret_tools.archetypes.marked_text import align_marked

TEXT = "Paris Hilton went to Paris and then Paris again with Al"


def surfaces(text, copy):
    return [text[a:b] for a, b in align_marked(text, copy).spans]


def test_a_faithful_copy():
    copy = "##Paris Hilton## went to ##Paris## and then Paris again with ##Al##"
    assert align_marked(TEXT, copy).spans == [(0, 12), (21, 26), (53, 55)]
    assert not align_marked(TEXT, copy).unaligned


def test_the_occurrence_that_is_marked_is_meant():
    assert align_marked(TEXT, "Paris Hilton went to Paris and then ##Paris## again").spans == [(36, 41)]


def test_words_are_whole():
    assert surfaces("Alan met Al", "##Al##") == ["Al"]
    assert align_marked("Alan met Al", "##Al##").spans == [(9, 11)]
    assert align_marked("Alan", "##Al##").unaligned[0].surface == "Al"


def test_dropped_changed_and_spaced_text():
    assert align_marked(TEXT, "... ##Paris   Hilton## flew to ##paris##").spans == [(0, 12), (21, 26)]


def test_repeated_text_is_reported_and_not_found_twice():
    marked = align_marked("Rome fell.", "##Rome## fell. ##Rome## fell. ##Rome## fell.")
    assert marked.spans == [(0, 4)]
    assert [one.surface for one in marked.unaligned] == ["Rome", "Rome"]


def test_invented_text_is_reported():
    marked = align_marked("Rome fell.", "##Carthage## fell, ##Rome## too")
    assert marked.spans == [(0, 4)]
    assert marked.unaligned[0].surface == "Carthage"


def test_a_mark_left_open_is_reported():
    marked = align_marked("Rome fell.", "##Rome## ##fell")
    assert marked.spans == [(0, 4)]
    assert "not closed" in marked.unaligned[0].reason
    assert align_marked("Rome fell.", "## ## ##").unaligned


def test_swapped_order_does_not_cross():
    marked = align_marked("Ann saw Bob", "##Bob## saw ##Ann##")
    assert marked.spans == [(8, 11)]
    assert [one.surface for one in marked.unaligned] == ["Ann"]


WORDS = st.lists(st.sampled_from(["Rome", "fell", "Al", "(", "ein", "É", "§"]), min_size=1, max_size=12)


@given(WORDS, st.data())
def test_whatever_is_marked_in_a_faithful_copy_comes_back(words, data):
    chosen = data.draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    copy = " ".join(f"##{word}##" if mark else word for word, mark in zip(words, chosen, strict=True))
    marked = align_marked(" ".join(words), copy)
    assert len(marked.spans) == sum(chosen)
    assert not marked.unaligned


@given(st.text(max_size=60), st.text(alphabet="# aRome\n", max_size=60))
def test_any_answer_gives_spans_of_the_text_in_order(text, copy):
    spans = align_marked(text, copy).spans
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
