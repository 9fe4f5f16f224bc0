"""Byte-level tokens carry the space before them, and marks; words and offsets do not."""

import numpy as np
import pytest

from nerret_tools.detection.span_head import SpanHead
from nerret_tools.encoding import Tap
from nerret_tools.encoding.backbone import CutBackbone
from nerret_tools.encoding.torch_backend import TorchEncoder
from tests.large import byte_level_tokenizer, random_llama

TEXT = 'An (Oslo) dinosaur  "Jean-Luc" in 🦕 Péru.\n\nOslo\'s 1994 — x '


@pytest.fixture(scope="module", params=[False, True], ids=["offsets with spaces", "trimmed offsets"])
def encoder(request):
    cut = CutBackbone(random_llama(4).model, Tap(3, "value", "last"), state_blocks=(1,))
    return TorchEncoder(cut, byte_level_tokenizer(trim_offsets=request.param))


def words_of(encoder, text):
    [tokens] = encoder.tokenize([text])
    words = tokens.words
    assert (np.diff(words) >= 0).all()
    assert (np.diff(words) <= 1).all()
    return [
        text[tokens.starts[np.flatnonzero(words == word)[0]] : tokens.ends[np.flatnonzero(words == word)[-1]]]
        for word in range(words[-1] + 1)
    ]


def test_words_are_runs_of_letters_and_single_marks(encoder):
    found = [word for word in words_of(encoder, TEXT) if word]
    assert found[:5] == ["An", "(", "Oslo", ")", "dinosaur"]
    assert found[-6:] in (["Oslo", "'", "s", "1994", "—", "x"], ["Oslo", "'s", "1994", "—", "x"])
    assert "🦕" in found
    assert "Péru" in found
    assert all(not word.isspace() for word in found)


def test_offsets_leave_out_the_space_that_belongs_to_a_token(encoder):
    [tokens] = encoder.tokenize([TEXT])
    for start, end in zip(tokens.starts, tokens.ends, strict=True):
        assert TEXT[start:end] == TEXT[start:end].strip()
    assert (np.diff(tokens.starts) >= 0).all()
    assert (np.diff(tokens.ends) >= 0).all()


@pytest.mark.parametrize("surface", ["Oslo", "dinosaur", "Péru", "🦕", "1994", "Jean-Luc"])
def test_a_span_is_read_from_its_last_token(encoder, surface):
    start = TEXT.index(surface)
    [tokens] = encoder.tokenize([TEXT])
    first, stop = tokens.tokens_of(start, start + len(surface))
    last = max(
        i for i, (a, b) in enumerate(zip(tokens.starts, tokens.ends, strict=True)) if a < b == start + len(surface)
    )
    assert stop - 1 == last
    assert tokens.starts[first] <= start


def test_space_around_a_span_changes_nothing_and_a_span_of_space_is_reported(encoder):
    start = TEXT.index("dinosaur")
    spans = [(start, start + 8), (start - 1, start + 9), (start + 8, start + 10)]
    result = encoder.encode([TEXT], [spans])[0]
    assert result.spans.tolist() == [[start - 1, start + 9], [start, start + 8]]
    np.testing.assert_array_equal(result.vectors[0], result.vectors[1])
    assert [(one.start, one.end) for one in result.unreadable] == [(start + 8, start + 10)]


def test_the_token_before_a_text_is_run_but_is_no_part_of_it(encoder):
    tokenizer = byte_level_tokenizer()
    [tokens] = encoder.tokenize(["Oslo"])
    assert tokenizer("Oslo")["input_ids"] == [0, *tokens.ids]


def test_proposed_spans_are_whole_words_without_space_or_opening_marks(encoder):
    class Everything:
        """Proposes each word, and each pair of words."""

        def propose(self, states, windows):
            found = []
            for row, (text, window) in enumerate(windows):
                words = text.words[window.start : window.end]
                assert states.shape[1] >= len(words)
                assert states[row, : len(words)].isfinite().all()
                bound = [*np.flatnonzero(np.diff(words, prepend=-1)), len(words)]
                spans = [(a, b) for k in (1, 2) for a, b in zip(bound, bound[k:], strict=False)]
                found.append(np.array(spans, dtype=np.int64).reshape(-1, 2))
            return found

    result = encoder.encode([TEXT], None, Everything())[0]
    surfaces = [TEXT[start:end] for start, end in result.spans.tolist()]
    assert {"Oslo", "dinosaur", "An", "Péru", "1994"} <= set(surfaces)
    assert all(surface == surface.strip() and surface for surface in surfaces)
    given = encoder.encode([TEXT], [[tuple(span) for span in result.spans.tolist()]])[0]
    np.testing.assert_allclose(given.vectors, result.vectors, atol=1e-5)


def test_the_span_head_reads_such_words(encoder):
    head = SpanHead(encoder.backbone.hidden_size, threshold=0.0, overlap_threshold=0.0).eval()
    result = encoder.encode([TEXT, "Oslo."], None, head)
    assert [0, 2] in result[0].spans.tolist()
    assert [0, 4] in result[1].spans.tolist()
