"""Which name stands for which other one, and the document that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from nerret_tools.entities.names import CONNECTORS, initials, is_capitals, name_key, written_out

# "South Africa" is not Africa, "Lake Michigan" not Michigan, "New Mexico" not Mexico.
_OTHER_PLACE = frozenset(
    "new old north south east west northern southern eastern western central upper lower greater inner outer "
    "saint st san santa sao los las el la cape fort port lake anti pre post non ex".split()
)
_SURNAME_LETTERS = 3  # shorter last words are particles and initials
_PLURAL_LETTERS = 4


class Use(NamedTuple):
    """A name where it stands in a document."""

    key: str  # see `name_key`
    surface: str  # as it is written
    start: int  # first character


class Link(NamedTuple):
    """One name stands for another, longer one, or the plural for the singular."""

    short: str  # key of the first
    long: str  # key of the other
    reason: str  # what kind of link it is


def links_in(uses: Sequence[Use]) -> list[Link]:
    """Find what one document says about its names, which come in reading order.

    A short form that could stand for two longer names of the document is none.
    """
    first: dict[str, Use] = {}
    for use in uses:
        first.setdefault(use.key, use)
    telling = any("(" in use.surface or is_capitals(use.surface) for use in first.values())
    found = {link.short: link for link in _abbreviations(uses)} if telling else {}
    longer = [use for use in first.values() if " " in use.key and "(" not in use.surface]
    for use in first.values():
        if use.key in found or not _may_be_short(use):
            continue
        fits = [one for one in longer if one.start < use.start and _short_for(use, one)]
        if len(fits) == 1:
            found[use.key] = Link(use.key, fits[0].key, "short form")
    return sorted(found.values(), key=lambda link: link.short)


def _abbreviations(uses: Sequence[Use]) -> Iterable[Link]:
    """``European Union (EU)``, as one name or as two, either way round; and ``EU`` anywhere behind it."""
    for use in uses:
        if parts := written_out(use.surface):
            long, short = map(name_key, parts)
            yield Link(short, long, "abbreviation")
            yield Link(use.key, long, "abbreviation")
    capitals = {use.key: use for use in uses if is_capitals(use.surface)}
    if not capitals:
        return
    for name in capitals.values():
        longs = {use.key for use in uses if " " in use.key and initials(use.surface, name.surface)}
        if len(longs) == 1:
            yield Link(name.key, longs.pop(), "abbreviation")


def _may_be_short(use: Use) -> bool:
    last = use.surface.split()[-1]  # of "da Luz" too
    return last[:1].isupper() and len(use.key.replace(" ", "")) >= _SURNAME_LETTERS


def _short_for(short: Use, long: Use) -> bool:
    """Whether it is the last name of a person or place, or the capitals in front: Merkel, Everest, KLM."""
    if not long.key.endswith(short.key) and not long.key.startswith(short.key):
        return False  # soon, for nearly all
    whole, part = long.key.split(), short.key.split()
    if len(part) >= len(whole) or any(word.isdigit() for word in whole):
        return False
    if whole[-len(part) :] == part:
        return whole[0] not in _OTHER_PLACE and not CONNECTORS.intersection(whole)
    if whole[: len(part)] == part:
        return len(part) == 1 and is_capitals(short.surface) and whole[1] not in CONNECTORS
    return False


def plural_links(uses: Mapping[str, str]) -> list[Link]:
    """Find plurals whose singular is a name too, among keys with a surface of each.

    ``Boeing 747s``, ``grizzly bears``, but not ``Williams``: a capital behind which a name may end in
    s is left alone, as is what is the last word of a longer name.
    """
    last_words = {key.rsplit(" ", 1)[1] for key in uses if " " in key}
    found = []
    for key, surface in uses.items():
        if not key.endswith("s") or len(key) < _PLURAL_LETTERS:
            continue
        last = surface.split()[-1] if surface.split() else surface
        singular = next((one for one in _singulars(key) if one in uses), None)
        if singular is None or last.isupper():
            continue
        common = last.islower() or any(letter.isdigit() for letter in last)
        if common or (" " not in key and key not in last_words and _is_kind(singular, uses)):
            found.append(Link(key, singular, "plural"))
    return found


def _is_kind(singular: str, uses: Mapping[str, str]) -> bool:
    """Whether a capitalised word is a kind's name, which is also written small somewhere."""
    return uses[singular].islower()


def _singulars(key: str) -> Iterable[str]:
    yield key[:-1]
    if key.endswith("es"):
        yield key[:-2]
    if key.endswith("ies"):
        yield key[:-3] + "y"
