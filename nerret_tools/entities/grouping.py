"""Mentions rolled up to entities: conservative, with a reason for everything that is put together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nerret_tools.entities.links import Link, Use, links_in, plural_links
from nerret_tools.entities.names import difference, is_capitals, name_key, shown_name, written_out

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Occurrences:
    """Mentions, document by document, each document's in reading order."""

    documents: Integers  # number of the document that each stands in, `[n]`, rising
    starts: Integers  # first character, `[n]`
    ends: Integers  # one past the last, `[n]`
    surfaces: Sequence[str]  # as they are written, `n` of them
    document_ids: Sequence[str]  # id of each document number


@dataclass(frozen=True)
class Grouping:
    """Which mentions are of one entity."""

    names: list[str]  # how each entity is called: its longest name in the most frequent spelling
    members: Integers  # entity of each mention, `[n]`, a position in `names`
    # Entity and surface → why it is one with the name, where it is more than a spelling
    reasons: dict[tuple[int, str], str]

    def reason(self, entity: int, surface: str) -> str:
        """Why a surface is one with the entity's name; empty where it is the name itself."""
        return self.reasons.get((entity, surface)) or difference(surface, self.names[entity])


def group_names(found: Occurrences) -> Grouping:
    """Put mentions of one entity together.

    Two names are one entity where they differ in spelling alone (see `difference`); where a document
    uses the one as abbreviation or short form of the other, in that document; and everywhere, if
    neither another document nor another name contradicts.
    """
    number_of: dict[str, int] = {}
    codes = np.array([number_of.setdefault(one, len(number_of)) for one in found.surfaces], dtype=np.int64)
    surfaces = list(number_of)
    keys = [name_key(one) for one in surfaces]
    spellings = _spellings(surfaces, keys, np.bincount(codes, minlength=len(surfaces)).tolist())
    usual = {key: shown_name(min(counts, key=lambda one: (-counts[one], one))) for key, counts in spellings.items()}
    tails = _tails(usual)

    own: dict[int, dict[str, Link]] = {}  # by document
    said: dict[str, dict[str, Link]] = defaultdict(dict)  # short → long → what its first document says
    for document, uses in _talkative(found, codes, surfaces, keys, tails):
        links = links_in(uses)
        if links:
            own[document] = {link.short: link for link in links}
        for link in links:
            shown = usual.get(link.long, link.long)
            text = f'{link.reason} of "{shown}" in {found.document_ids[document]}'
            said[link.short].setdefault(link.long, Link(link.short, link.long, text))
    everywhere = _everywhere(said, usual, tails)

    numbers: dict[str, int] = {}
    reasons: dict[tuple[int, str], str] = {}

    def entity(code: int, links: dict[str, Link], document: str) -> int:
        key, reason = _root(keys[code], links, everywhere, usual, document)
        number = numbers.setdefault(key, len(numbers))
        if reason:
            reasons.setdefault((number, surfaces[code]), reason)
        return number

    members = np.array([entity(code, {}, "") for code in range(len(surfaces))], dtype=np.int64)[codes]
    for document, said_here in own.items():
        first, stop = np.searchsorted(found.documents, [document, document + 1]).tolist()
        for row in range(first, stop):
            members[row] = entity(int(codes[row]), said_here, found.document_ids[document])
    kept, members = np.unique(members, return_inverse=True)
    place = {int(number): position for position, number in enumerate(kept)}
    names = {number: _name(spellings.get(key), key) for key, number in numbers.items() if number in place}
    return Grouping(
        [names[int(number)] for number in kept],
        members.astype(np.int64),
        {(place[number], surface): why for (number, surface), why in reasons.items() if number in place},
    )


def _spellings(surfaces: list[str], keys: list[str], counts: list[int]) -> dict[str, Counter[str]]:
    """Key → surface → how often; a long name that stands only in ``long name (LN)`` has that spelling."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for surface, key, count in zip(surfaces, keys, counts, strict=True):
        found[key][surface] += count
    for surface in surfaces:
        parts = written_out(surface) if "(" in surface else None
        if parts is not None and name_key(parts[0]) not in found:
            found[name_key(parts[0])][parts[0]] += 1
    return found


def _tails(usual: dict[str, str]) -> Counter[str]:
    """Last words → how many names end in them and have more before."""
    tails: Counter[str] = Counter()
    for key, surface in usual.items():
        words = [] if "(" in surface else key.split()
        tails.update(" ".join(words[first:]) for first in range(1, len(words)))
    return tails


def _talkative(
    found: Occurrences, codes: Integers, surfaces: list[str], keys: list[str], tails: Counter[str]
) -> Iterator[tuple[int, list[Use]]]:
    """Documents that may say something about their names: with capitals, brackets, or the end of another name."""
    if not len(codes):
        return
    telling = np.array(
        [key in tails or "(" in surface or is_capitals(surface) for surface, key in zip(surfaces, keys, strict=True)]
    )
    firsts = np.flatnonzero(np.diff(found.documents, prepend=-1))
    stops = np.append(firsts[1:], len(codes))
    chosen = np.add.reduceat(telling[codes].astype(np.int64), firsts) > 0
    for first, stop in zip(firsts[chosen].tolist(), stops[chosen].tolist(), strict=True):
        rows = zip(codes[first:stop].tolist(), found.starts[first:stop].tolist(), strict=True)
        yield int(found.documents[first]), [Use(keys[code], surfaces[code], start) for code, start in rows]


def _everywhere(said: dict[str, dict[str, Link]], usual: dict[str, str], tails: Counter[str]) -> dict[str, Link]:
    """Links that hold in every document: there is nothing else that the short name could stand for."""
    links = {}
    for short, longs in said.items():
        if len(longs) == 1 and tails[short] < 2:
            links[short] = next(iter(longs.values()))
    for plural in plural_links(usual):
        links.setdefault(plural.short, plural._replace(reason=f'plural of "{usual[plural.long]}"'))
    return links


def _root(
    key: str, own: dict[str, Link], everywhere: dict[str, Link], usual: dict[str, str], document: str
) -> tuple[str, str]:
    """What a name stands for in the end, and why; what its document says comes first."""
    reason, passed = "", {key}
    while True:
        step = everywhere.get(key)
        if key in own and (step is None or step.long != own[key].long):
            link = own[key]
            step = link._replace(reason=f'{link.reason} of "{usual.get(link.long, link.long)}" in {document}')
        if step is None or step.long in passed:
            return key, reason
        passed.add(step.long)
        key, reason = step.long, reason or step.reason


def _name(spellings: Counter[str] | None, key: str) -> str:
    """The most frequent spelling; ``The`` stays only where the name never stands without it."""
    if not spellings:
        return key
    shown: Counter[str] = Counter()
    for surface, count in spellings.items():
        shown[shown_name(surface)] += count
    best = _most_frequent(shown)
    rest = best.partition(" ")[2]
    return rest if rest and best.startswith("The ") and rest in shown else best


def _most_frequent(counts: Counter[str]) -> str:
    """Of equally frequent spellings one that is not all capitals or all small, the first of the alphabet."""
    return min(counts, key=lambda one: (-counts[one], one.isupper() or one.islower(), one))
