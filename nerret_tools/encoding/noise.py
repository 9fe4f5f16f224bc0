"""Text that is no language: encoded files, dumps, keys. What looks like a name in it is none."""

from __future__ import annotations

import re

_LEAST_TOKENS = 32  # shorter ones, such as a product's code, may well be named
_CHARACTERS_A_TOKEN = 1.6  # encoded files have 1.1 to 1.4, research articles full of identifiers 1.9, prose over 3.5
_WORD = re.compile("[a-z]{3,}")
_WORDS_SHARE = 0.25  # of the characters: fewer in words like these than prose of capitals with a word between


def is_noise(text: str, token_count: int) -> bool:
    """Whether a sentence is no language.

    A vocabulary of word pieces falls back on single letters where it meets no words; scripts that it does
    not know do so too and are left alone.

    Args:
        text: A sentence.
        token_count: Its word pieces.
    """
    if token_count < _LEAST_TOKENS:
        return False
    printed = sum(map(len, text.split()))
    if printed >= _CHARACTERS_A_TOKEN * token_count:
        return False
    plain = sum(character.isascii() for character in text)
    return plain > 0.9 * len(text) and sum(map(len, _WORD.findall(text))) < _WORDS_SHARE * printed
