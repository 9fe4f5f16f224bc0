"""Where sentences end, and that what stands in another sentence changes nothing."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerret_tools.encoding.sentences import sentence_ranges
from nerret_tools.models import find_spec
from nerret_tools.models.model import Model

SENTENCES = [
    "Lufthansa cancelled its flights in town 3.",
    "Mr. Smith, who met J. K. Rowling in Oslo, paid $2.5 million.",
    "Was the comet seen from Peru?",
    "Microraptor had four wings .",
    "No. 5 is a perfume by Chanel, i.e. of Paris!",
    '"We saw 12 antelopes near St. Louis," she said.',
]


def cut(text):
    return [text[start:end] for start, end in sentence_ranges(text)]


@pytest.mark.parametrize("joint", [" ", "\n\n", "  \n", "\t", " | ", "\n- ", "\n2. "])
@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=6))
def test_joined_sentences_are_found_again(joint, sentences):
    assert cut(joint.join(sentences)) == sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Foo bar . Baz went home .", ["Foo bar .", "Baz went home ."]),
        ("Wait . `` Yes . '' He left .", ["Wait .", "`` Yes . ''", "He left ."]),
        ('He said "Go!" She left (at 5 p.m.) then.', ['He said "Go!"', "She left (at 5 p.m.) then."]),
        ("He left the U.S. The dog and U.S. Steel stayed.", ["He left the U.S.", "The dog and U.S. Steel stayed."]),
        ("E. coli grows. S. aureus too. Vitamin C. The end.", ["E. coli grows.", "S. aureus too.", "Vitamin C.", "The end."]),  # noqa: E501
        ("Imelda Staunton.\n\n- Steven Gaydos", ["Imelda Staunton.", "Steven Gaydos"]),
        ("Porsche\nBritish car maker", ["Porsche", "British car maker"]),
        ("A line that its writer wrapped at some length\nGoes on", ["A line that its writer wrapped at some length\nGoes on"]),  # noqa: E501
        ("New\nyork", ["New\nyork"]),
        ("今日は。明日は。", ["今日は。", "明日は。"]),
        ("Really?! Yes… Well", ["Really?!", "Yes…", "Well"]),
        (" \n\t ", []),
        ("- ", []),
    ],
)  # fmt: skip
def test_where_sentences_end(text, expected):
    assert cut(text) == expected


@given(st.text(alphabet=st.sampled_from("aA1.!?\n\r\t |-\"' …\u2028é💬"), max_size=60))
def test_nothing_but_white_space_bullets_and_bars_is_left_out(text):
    ranges = sentence_ranges(text)
    assert all(start < end and text[start:end] == text[start:end].strip() for start, end in ranges)
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))
    kept = "".join(text[start:end] for start, end in ranges)
    assert [c for c in text if c.isalpha()] == [c for c in kept if c.isalpha()]


@pytest.fixture(scope="module")
def model():
    return Model(find_spec("minilm"), precision="float32").load()


@settings(max_examples=15)
@given(st.lists(st.sampled_from(SENTENCES), min_size=2, max_size=8), st.sampled_from([" ", "\n", "\t"]))
def test_joining_sentences_changes_no_mention(model, sentences, joint):
    [joined] = model.encode([joint.join(sentences)], [None])
    alone = model.encode(sentences, [None] * len(sentences))
    starts = np.cumsum([0, *(len(one) + len(joint) for one in sentences)])
    expected = [one.spans + start for one, start in zip(alone, starts, strict=False)]
    assert joined.spans.tolist() == np.concatenate(expected).tolist()
    np.testing.assert_allclose(joined.embeddings, np.concatenate([one.embeddings for one in alone]), atol=1e-5)


def test_a_mention_scores_the_same_alone_and_behind_fifty_sentences(model):
    filler = " ".join(f"The committee met again on day {number} and nobody spoke." for number in range(50))
    [alone, behind] = model.encode([SENTENCES[0], f"{filler} {SENTENCES[0]}"], [None, None])
    [airline] = model.encode_types(["airline"])
    first = behind.spans[:, 0] >= len(filler)
    scores = [(one @ airline).max() for one in (alone.embeddings, behind.embeddings[first])]
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)
    assert scores[0] == pytest.approx(max(behind.embeddings @ airline), abs=1e-5)


def test_a_given_span_over_two_sentences_is_read_from_both(model):
    text = " ".join(SENTENCES)
    start, end = text.index("town 3"), text.index("Oslo") + 4
    [one] = model.encode([text], [[(start, end), (0, 9)]])
    pair = f"{SENTENCES[0]} {SENTENCES[1]}"
    [alone] = model.encode([pair], [[(start, end), (0, 9)]])
    assert one.spans.tolist() == [[0, 9], [start, end]]
    assert one.unreadable == []
    np.testing.assert_allclose(one.embeddings, alone.embeddings, atol=1e-5)


@pytest.mark.parametrize("joint", ["\n", "\r\n", "\t", " | ", "\n\n", "\n- "])
def test_no_mention_crosses_a_line_a_bullet_or_a_cell(model, joint):
    text = f"The book that was read by everybody in Oslo was by Iris{joint}Murdoch of Dublin{joint}Porsche{joint}BMW"
    [found] = model.encode([text], [None])
    surfaces = [text[start:end] for start, end in found.spans.tolist()]
    assert {"Oslo", "Porsche", "BMW"} <= set(surfaces)
    assert not [surface for surface in surfaces if joint.strip(" ") in surface]
