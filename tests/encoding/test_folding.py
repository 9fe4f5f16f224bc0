"""Characters outside the vocabulary hide no word, and offsets stay the user's."""

# ruff: noqa: RUF001 (such characters are what this is about)

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerret_tools.models import Model, find_spec

ODD = "💬🦕ﬂﬁ²₂½™℃①Ａｂ𝐌𝒶…\u200b\u00ad\ufe0f\u0301\u0308éßłŒ漢\ud800\U00010428→€"


@pytest.fixture(scope="module")
def model():
    return Model(find_spec("minilm")).load()


def score(model, text, surface, kind):
    start = text.index(surface)
    [one] = model.encode([text], [[(start, start + len(surface))]])
    return float((one.embeddings @ model.encode_types([kind])[0])[0])


@pytest.mark.parametrize(
    ("text", "surface", "plain", "kind"),
    [
        ("Yesterday Merkel💬 spoke in the hall.", "Merkel", "Yesterday Merkel spoke in the hall.", "politician"),
        ("Yesterday 𝐌𝐞𝐫𝐤𝐞𝐥 spoke in the hall.", "𝐌𝐞𝐫𝐤𝐞𝐥", "Yesterday Merkel spoke in the hall.", "politician"),
        ("They fried a \ufb02ounder", "\ufb02ounder", "They fried a flounder", "fish"),
        ("They fried a ｆｌｏｕｎｄｅｒ", "ｆｌｏｕｎｄｅｒ", "They fried a flounder", "fish"),
        ("He breathed CO₂ all day", "CO₂", "He breathed CO2 all day", "gas"),
        ("They flew Lufthansa™ to Oslo", "Lufthansa", "They flew Lufthansa to Oslo", "airline"),
        ("They flew Lufth\u00adansa to Oslo", "Lufth\u00adansa", "They flew Lufthansa to Oslo", "airline"),
    ],
)
def test_a_word_is_read_though_it_holds_such_a_character(model, text, surface, plain, kind):
    shown = unicodedata.normalize("NFKC", surface).replace("\u00ad", "")
    assert score(model, text, surface, kind) == pytest.approx(score(model, plain, shown, kind), abs=0.06)


def test_types_are_read_likewise(model):
    plain, odd = model.encode_types(["flounder", "\ufb02ounder"])
    np.testing.assert_allclose(plain, odd, atol=1e-5)


def test_a_mention_keeps_the_accents_behind_its_last_letter(model):
    text = unicodedata.normalize("NFD", "Gustavo Dudamé conducted in Málagá.")
    [one] = model.encode([text], [None])
    surfaces = [text[start:end] for start, end in one.spans.tolist()]
    assert unicodedata.normalize("NFD", "Gustavo Dudamé") in surfaces
    assert unicodedata.normalize("NFD", "Málagá") in surfaces


@settings(max_examples=150)
@given(st.text(alphabet=st.sampled_from("aZ 9.-'" + ODD), max_size=30))
def test_tokens_stand_where_the_users_characters_are(model, text):
    [tokens] = model.encoder.tokenize([text])
    assert (np.diff(tokens.starts) >= 0).all()
    assert (np.diff(tokens.ends) >= 0).all()
    assert ((tokens.starts < tokens.ends) & (tokens.ends <= len(text))).all()
    covered = np.zeros(len(text), dtype=bool)
    for start, end in zip(tokens.starts, tokens.ends, strict=True):
        covered[start:end] = True
    assert all(covered[place] for place, character in enumerate(text) if character in "aZ9.-'éﬂ")
    for row in range(len(tokens.ids)):
        start, end = tokens.span_of(row, row + 1)
        assert 0 <= start < end <= len(text)
        found = tokens.tokens_of(start, end)
        assert found is not None
        assert found[0] <= row < found[1]


@settings(max_examples=40)
@given(st.lists(st.sampled_from(ODD), max_size=3), st.lists(st.sampled_from(ODD), max_size=3))
def test_symbols_around_a_name_leave_its_offsets_alone(model, before, after):
    left = "".join(before).replace("\ud800", "")
    text = f"They flew to {left} Oslo {''.join(after)} in May"
    start = text.index("Oslo")
    [tokens] = model.encoder.tokenize([text])
    first, stop = tokens.tokens_of(start, start + 4)
    assert (tokens.starts[first], tokens.ends[stop - 1]) == (start, start + 4)
