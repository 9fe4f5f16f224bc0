"""When two surfaces are spellings of one name, and what tells them apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

DETERMINERS = frozenset("the a an this that these those its his her their our my your".split())
TITLES = frozenset(
    "mr mrs ms miss dr prof professor sir dame rev president chancellor senator governor minister mayor "
    "congressman congresswoman".split()
)
"""Before a name. Not those that are part of names: King, Queen, Pope, Saint, General, Captain."""

LEGAL_FORMS = frozenset("inc incorporated ltd limited llc corp corporation plc gmbh ag nv bv".split())
"""Behind a name. Not "Company", without which some companies have the name of a person."""

CONNECTORS = frozenset("of and the for in on at to by with from".split())

_KEPT = 2**16  # surfaces whose forms are remembered: names come back from list to list

_POSSESSIVE = re.compile(r"['’]s\b|(?<=s)['’](?!\w)")
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_WORDS = re.compile(r"[^\W_]+")
_WRITTEN_OUT = re.compile(r"(.+?)\s*\(\s*([^()]+?)\s*\)")


def _without_determiner(name: str) -> str:
    first, _, rest = name.partition(" ")
    return rest if rest and first.casefold() in DETERMINERS else name


def _without_possessive(name: str) -> str:
    return _POSSESSIVE.sub("", name)


def _without_accents(name: str) -> str:
    if name.isascii():
        return name
    parts = unicodedata.normalize("NFKD", name)
    return "".join(one for one in parts if not unicodedata.combining(one))


def _without_punctuation(name: str) -> str:
    words = _WORDS.findall(_APOSTROPHE.sub("", name).replace("&", " and "))
    if not any(len(word) == 1 for word in words):
        return " ".join(words) or name
    letters = (len(word) == 1 and word.isalpha() for word in words)  # "U.S.", "U. S." and "US" are one
    runs = groupby(zip(words, letters, strict=True), key=itemgetter(1))
    return " ".join(("" if single else " ").join(word for word, _ in run) for single, run in runs)


def _without_title(name: str) -> str:
    words = name.split()
    while len(words) > 1 and words[0] in TITLES:
        words = words[1:]
    return " ".join(words)


def _without_legal_form(name: str) -> str:
    words = name.split()
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words = words[:-1]
    return " ".join(words)


_STAGES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("white space", lambda name: " ".join(name.split())),
    ("letter case", str.casefold),
    ("determiner", _without_determiner),
    ("possessive", _without_possessive),
    ("accents", _without_accents),
    ("punctuation", _without_punctuation),
    ("title", _without_title),
    ("legal form", _without_legal_form),
)
"""What does not make another name, and how it is taken away, one after the other."""


@lru_cache(_KEPT)
def name_key(surface: str) -> str:
    """Return what all spellings of a name have in common: lower-case words, without what `difference` can name."""
    for _, step in _STAGES:
        surface = step(surface)
    return surface


def difference(surface: str, other: str) -> str:
    """Say in what two spellings with one key differ, such as ``letter case``; empty where they are equal."""
    reason = ""
    for name, step in _STAGES:
        if surface == other:
            break
        surface, other, reason = step(surface), step(other), name
    return reason


@lru_cache(_KEPT)
def shown_name(surface: str) -> str:
    """Return a surface as the name of an entity is shown: without determiner and possessive, in its own spelling."""
    plain = " ".join(surface.split())
    first, _, rest = plain.partition(" ")
    if rest and first.islower() and first in DETERMINERS:
        plain = rest
    return re.sub(r"['’]s$|(?<=s)['’]$", "", plain) or surface


@lru_cache(_KEPT)
def is_capitals(surface: str) -> bool:
    """Whether it is one word of capitals: ``EU``, ``the EU's``, ``U.N.``."""
    shown = shown_name(surface)
    return " " not in shown and shown.isupper()


def written_out(surface: str) -> tuple[str, str] | None:
    """Part ``European Union (EU)`` in the long and the short name; None where the one does not abbreviate the other."""
    found = _WRITTEN_OUT.fullmatch(" ".join(surface.split()))
    if found is None:
        return None
    first, second = found.groups()
    if initials(first, second):
        return first, second
    return (second, first) if initials(second, first) else None


def initials(name: str, short: str) -> bool:
    """Whether ``short`` is made of the first letters of the words of ``name``; ``of`` and the like may be left out."""
    letters = _without_punctuation(shown_name(short))
    if not (2 <= len(letters) <= 10 and letters.isalpha() and letters.isupper()):
        return False
    words = [word for word in _WORDS.findall(_without_accents(name)) if word[0].isalpha()]
    every = "".join(word[0] for word in words).upper()
    main = "".join(word[0] for word in words if word.casefold() not in CONNECTORS).upper()
    return len(words) > 1 and letters in (every, main)
