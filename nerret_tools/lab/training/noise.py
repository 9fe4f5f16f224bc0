"""Messy text: what people type differs from an encyclopaedia in punctuation, spelling and length."""

from __future__ import annotations

import random
from collections.abc import Sequence

Spans = list[tuple[int, int]]


def shorten(text: str, spans: Sequence[tuple[int, int]], generator: random.Random) -> tuple[str, Spans]:
    """Keep some words on both sides of one span; spans that are cut go."""
    start, end = generator.choice(list(spans))
    left, right = text[:start].split(" "), text[end:].split(" ")
    before = " ".join(left[-1 - generator.randint(0, 8) :])
    after = " ".join(right[: 1 + generator.randint(0, 8)])
    offset = start - len(before)
    kept = before + text[start:end] + after
    return kept, [(a - offset, b - offset) for a, b in spans if a >= offset and b <= offset + len(kept)]


def roughen(text: str, spans: Sequence[tuple[int, int]], generator: random.Random, rate: float = 0.02) -> str:
    """Blank punctuation and misspell words outside the spans, in place: offsets stay as they are."""
    letters = list(text)
    inside = {position for start, end in spans for position in range(start, end)}
    drop_punctuation = generator.random() < 0.5
    for position in range(len(letters) - 1):
        if position in inside or position + 1 in inside:
            continue
        if not letters[position].isalnum():
            if drop_punctuation and not letters[position].isspace():
                letters[position] = " "
        elif letters[position + 1].isalpha() and generator.random() < rate:
            letters[position], letters[position + 1] = letters[position + 1], letters[position]
    return "".join(letters)
