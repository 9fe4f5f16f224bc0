"""A text on its way through the backbone: its sentences, their windows, and what has been read so far."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from nerret_tools.encoding.noise import is_noise
from nerret_tools.encoding.sentences import sentence_ranges
from nerret_tools.encoding.windows import TokenizedText, Window, best_window

CharSpan = tuple[int, int]


@dataclass(frozen=True)
class UnreadableSpan:
    """A given span that no vector could be read for, and why."""

    start: int
    end: int
    reason: str


@dataclass
class EncodedText:
    """One text's representations.

    Attributes:
        spans: Character offsets ``[n, 2]`` int64, sorted.
        vectors: Representations at the tap, ``[n, d]`` float32, one a span.
        contexts: Mean at the tap of the tokens around each span and in it, ``[n, d]`` float32;
            ``[n, 0]`` from an encoder that reads none.
        unreadable: Given spans that are not in ``spans``.
        noise: Characters in which no mention was looked for, since they are no language.
    """

    spans: np.ndarray
    vectors: np.ndarray
    contexts: np.ndarray
    unreadable: list[UnreadableSpan] = field(default_factory=list)
    noise: int = 0


@dataclass(frozen=True)
class Piece:
    """A part of a text that is read as if it stood alone: a sentence, or those that a given span lies in.

    Attributes:
        start: Where it begins in the text.
        text: What it says.
        spans: Given spans, counted from its start; None where a proposer finds them.
    """

    start: int
    text: str
    spans: list[CharSpan] | None


def cut(text: str, spans: Sequence[CharSpan] | None) -> tuple[list[Piece], list[UnreadableSpan]]:
    """Cut a text into the pieces that must be read: all sentences, or those with a given span.

    A given span that crosses from one sentence to another is read from a piece of its own, which
    holds them all.

    Returns:
        The pieces, and given spans with nothing in them.
    """
    sentences = sentence_ranges(text)
    if spans is None:
        return [Piece(start, text[start:end], None) for start, end in sentences], []
    wanted: dict[tuple[int, int], list[CharSpan]] = {}
    unreadable = []
    for start, end in spans:
        inside = text[start:end]
        first, last = start + len(inside) - len(inside.lstrip()), start + len(inside.rstrip())
        if first >= last:
            unreadable.append(UnreadableSpan(start, end, "no token lies in it"))
            continue
        begin, stop = _around(sentences, first, last)
        wanted.setdefault((begin, stop), []).append((start - begin, end - begin))
    return [Piece(start, text[start:end], inside) for (start, end), inside in wanted.items()], unreadable


def _around(sentences: list[CharSpan], first: int, last: int) -> CharSpan:
    """The sentence that characters ``[first, last)`` lie in, or all that they touch."""
    row = bisect_right(sentences, first, key=lambda sentence: sentence[1])  # the first that ends behind
    begin = min(first, sentences[row][0]) if row < len(sentences) else first
    row = bisect_left(sentences, last, key=lambda sentence: sentence[1])
    return begin, sentences[row][1] if row < len(sentences) and sentences[row][0] < last else last


class PieceInProgress:
    """A piece with its windows: what waits to be read in each, and what has been read."""

    def __init__(self, piece: Piece, tokens: TokenizedText, windows: list[Window]) -> None:
        self.start = piece.start
        self.tokens = tokens
        self.windows = windows
        self.noise = len(piece.text) if piece.spans is None and is_noise(piece.text, len(tokens.ids)) else 0
        self.open = piece.spans is None and not self.noise
        self.waiting: list[list[tuple[int, int]]] = [[] for _ in windows]  # token spans to read, by window
        self.surfaces: dict[tuple[int, int], list[CharSpan]] = {}  # character spans of each token span
        self.found: dict[CharSpan, np.ndarray] = {}
        self.unreadable: list[UnreadableSpan] = []
        for start, end in piece.spans or ():
            self._place(start, end)

    def _place(self, start: int, end: int) -> None:
        tokens = self.tokens.tokens_of(start, end)
        number = None if tokens is None else best_window(self.windows, *tokens)
        if tokens is None or number is None:
            reason = "no token lies in it" if tokens is None else "it is too long for a window"
            self.unreadable.append(UnreadableSpan(self.start + start, self.start + end, reason))
            return
        if tokens not in self.surfaces:
            self.waiting[number].append(tokens)
        self.surfaces.setdefault(tokens, []).append((start, end))

    def take_proposals(self, number: int, proposals: np.ndarray) -> None:
        """Keep what was proposed in a window, unless another window sees more of its context."""
        for first, stop in (proposals + self.windows[number].start).tolist():
            if best_window(self.windows, first, stop) == number:
                tokens = self.tokens.tokens_of(*self.tokens.span_of(first, stop))  # as if the span had been given
                if tokens is not None and tokens not in self.surfaces:
                    self.waiting[number].append(tokens)
                    self.surfaces[tokens] = [self.tokens.span_of(*tokens)]

    def take_vector(self, first: int, stop: int, vector: np.ndarray) -> None:
        """Keep what was read for tokens ``[first, stop)``."""
        for start, end in self.surfaces[first, stop]:
            self.found[self.start + start, self.start + end] = vector


def gather(pieces: Sequence[PieceInProgress], unreadable: list[UnreadableSpan], width: int) -> EncodedText:
    """Put together what was read of one text; the first ``width`` numbers are the vector, the others the context."""
    found = {span: vector for piece in pieces for span, vector in piece.found.items()}
    spans = sorted(found)
    read = np.stack([found[span] for span in spans]) if spans else np.zeros((0, width))
    read = read.astype(np.float32, copy=False)
    for piece in pieces:
        piece.found.clear()  # of a long document these are hundreds of megabytes
    return EncodedText(
        spans=np.array(spans, dtype=np.int64).reshape(-1, 2),
        vectors=read[:, :width],
        contexts=read[:, width:],
        unreadable=sorted([*unreadable, *(one for piece in pieces for one in piece.unreadable)], key=_place),
        noise=sum(piece.noise for piece in pieces),
    )


def _place(span: UnreadableSpan) -> CharSpan:
    return span.start, span.end
