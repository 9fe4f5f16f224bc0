"""A document's text cut around its best mention, with every mention in it marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nerret_tools.documents import Mention

ELLIPSIS = "…"


class Piece(NamedTuple):
    """A stretch of text: what it says, and which mention it is, if it is one."""

    text: str
    mention: Mention | None = None


def excerpt(text: str, mentions: Sequence[Mention], budget: int) -> list[Piece]:
    """Cut a text to a number of characters, at words, with an ellipsis where something is left out.

    The first mention, the best one, is shown in any case; without any, the text is cut at its end.
    """
    begin, finish = _window(text, mentions[0], budget) if mentions else (0, min(len(text), budget))
    shown = pieces(text, mentions, begin, finish)
    before = [Piece(ELLIPSIS)] if begin > 0 else []
    return [*before, *shown, *([Piece(ELLIPSIS)] if finish < len(text) else [])]


def pieces(text: str, mentions: Iterable[Mention], begin: int, finish: int) -> list[Piece]:
    """The text from one place to another, in pieces: mentions that lie in it whole, and what is between them.

    Of two mentions that overlap, the one that comes first in `mentions` is marked.
    """
    shown, at = [], begin
    for mention in _disjoint(mentions, begin, finish):
        shown += [Piece(text[at : mention.start]), Piece(text[mention.start : mention.end], mention)]
        at = mention.end
    return [one for one in [*shown, Piece(text[at:finish])] if one.text]


def _window(text: str, best: Mention, budget: int) -> tuple[int, int]:
    if len(text) <= budget:
        return 0, len(text)
    spare = max(0, budget - (best.end - best.start))
    begin = max(0, min(best.start - spare // 2, len(text) - budget))
    finish = max(best.end, min(len(text), begin + budget))
    begin = min(begin, best.start)
    return _at_word(text, begin, best.start), _at_word_end(text, finish, best.end)


def _at_word(text: str, begin: int, before: int) -> int:
    """Moves the cut to the start of the next word, where there is one before the mention."""
    if begin == 0 or text[begin - 1] == " ":
        return begin
    space = text.find(" ", begin, before)
    return begin if space < 0 else space + 1


def _at_word_end(text: str, finish: int, after: int) -> int:
    if finish == len(text) or text[finish] == " ":
        return finish
    space = text.rfind(" ", after, finish)
    return finish if space < 0 else space


def _disjoint(mentions: Iterable[Mention], begin: int, finish: int) -> list[Mention]:
    """Keeps the mentions inside the window; of two that overlap, the better one."""
    kept: list[Mention] = []
    for mention in mentions:
        inside = begin <= mention.start and mention.end <= finish
        if inside and all(mention.end <= other.start or other.end <= mention.start for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda mention: mention.start)
