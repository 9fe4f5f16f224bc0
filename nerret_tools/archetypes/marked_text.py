"""Read ``##marked##`` spans out of a model's copy of a text (CascadeNER's notation)."""

from __future__ import annotations

import re
from dataclasses import dataclass

MARK = "##"


@dataclass(frozen=True)
class Unaligned:
    """A marked piece that has no place in the text, and why."""

    surface: str
    reason: str


@dataclass(frozen=True)
class MarkedSpans:
    """What could be aligned, sorted, and what could not."""

    spans: list[tuple[int, int]]
    unaligned: list[Unaligned]


def align_marked(text: str, copy: str) -> MarkedSpans:
    """Find the marked pieces of a copy in the original.

    The copy may differ from it in any way: only the marked pieces must occur in the text, on
    word boundaries, in the same order; letter case and white space may differ. Of several
    occurrences the one with the same number as in the copy is meant, else the next one.
    """
    pieces = copy.split(MARK)
    spans: list[tuple[int, int]] = []
    unaligned: list[Unaligned] = []
    if len(pieces) % 2 == 0:  # an opened mark was not closed
        unaligned.append(Unaligned(pieces[-1].strip()[:80], "the mark before it is not closed"))
    reached, before = 0, ""
    for number, piece in enumerate(pieces):
        if number % 2 == 1 and number < len(pieces) - 1:
            surface = " ".join(piece.split())
            found = _place(text, surface, reached, _count(before, surface)) if surface else None
            if found is None:
                reason = "not in the text after the piece before it" if surface else "nothing between the marks"
                unaligned.append(Unaligned(surface[:80], reason))
            else:
                spans.append(found)
                reached = found[1]
        before += piece
    return MarkedSpans(sorted(spans), unaligned)


def _place(text: str, surface: str, reached: int, earlier: int) -> tuple[int, int] | None:
    places = [match.span() for match in _pattern(surface).finditer(text)]
    if earlier < len(places) and places[earlier][0] >= reached:
        return places[earlier]
    return next((place for place in places if place[0] >= reached), None)


def _count(before: str, surface: str) -> int:
    return len(_pattern(surface).findall(before))


def _pattern(surface: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, surface.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
