"""A text as tokens without a tokenizer: one token a word piece, given by hand."""

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest


@dataclass
class Pieces:
    """Words split at white space; a word longer than four letters is two tokens."""

    text: str

    def __post_init__(self):
        starts, ends, words = [], [], []
        for number, match in enumerate(re.finditer(r"\S+", self.text)):
            start, end = match.span()
            cuts = [start, start + 4, end] if end - start > 4 else [start, end]
            for a, b in pairwise(cuts):
                starts.append(a)
                ends.append(b)
                words.append(number)
        self.starts, self.ends, self.words = np.array(starts), np.array(ends), np.array(words)


@dataclass
class Stretch:
    start: int
    end: int


@pytest.fixture
def pieces():
    return lambda text: (tokens := Pieces(text), Stretch(0, len(tokens.words)))
