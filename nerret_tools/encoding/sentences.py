"""Where sentences end: what stands in another sentence has no say in a mention's vector."""

from __future__ import annotations

import re
from collections.abc import Iterator

LINE_BREAK = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
WRAPPED_LINE = 40  # characters: a shorter line, such as a heading or an entry of a list, was not wrapped

_CELL = re.compile(r"\t+| \|+ ")
_BULLET = re.compile(r"\s*(?:[-*+•‣◦▪●·–—>#|=]+|\(?\d{1,3}[.)]|\(?(?:[a-z]|[ivx]{2,4})\))\s+")
_END = re.compile(r"""(?P<mark>\s?[.!?…]+)(?P<close>["'”’»)\]]*)(?P<space>\s+)|[。！？]+["”’»」』）]*""")  # noqa: RUF001
_CLOSED = re.compile(r"""(?:''|["”’»)\]])\s+""")
_OPENING = "\"'“‘„«‹([{`#@$£"  # noqa: RUF001
_LAST_WORD = re.compile(r"[^\s\"'“‘„«‹(\[{]+$")  # noqa: RUF001
_DOTTED = re.compile(r"(?:\w\.)+\w")  # U.S, a.m
_INITIAL = re.compile(r"[A-Z]")
_NUMBERED = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})$")
_FIRST_WORD = re.compile(r"[A-Za-z']+")

# Something always follows these.
_NEVER_LAST = frozenset(
    "mr mrs ms mx dr prof messrs st mt ft gen col lt sgt capt cmdr maj adm rev hon sen rep gov pres amb supt insp "
    "no nos fig figs eq eqs vol vols pp ch sec secs cf vs v ca approx al viz ed eds trans spp sp var subsp ser art "
    "univ dept assn bros e.g i.e".split()
)
# A sentence may end here: it does where the next word begins one.
_MAYBE_LAST = frozenset(
    "inc corp co ltd plc llc jr sr etc esq ave blvd rd hwy sq bldg jan feb mar apr jun jul aug sep sept oct nov dec "
    "mon tue tues wed thu thurs fri sat sun ph.d".split()
)
_STARTERS = frozenset(
    "the a an it he she they we i you in on at this that these those there but and or so as if when while after before "
    "since for from by with its his her their our my his however although though who what where why how not no yes "
    "then thus meanwhile moreover despite some many most all both each one two several".split()
)


def sentence_ranges(text: str) -> list[tuple[int, int]]:
    """Cut a text into sentences.

    A sentence ends at ``. ! ? …`` before white space and what can begin another, and always at a
    blank line, before a list's bullet, at a table cell's edge (a tab, a bar between spaces) and after
    a line that its writer ended. A line break inside a sentence that was wrapped ends nothing.

    Returns:
        Characters ``[start, end)`` of each sentence without bullet and white space around, in order. A
        text with nothing but white space has none.
    """
    found = []
    for start, end in _blocks(text):
        bullet = _BULLET.match(text, start, end)
        for first, stop in _sentences(text, bullet.end() if bullet else start, end):
            sentence = text[first:stop]
            first += len(sentence) - len(sentence.lstrip())
            stop -= len(sentence) - len(sentence.rstrip())
            if first < stop:
                found.append((first, stop))
    return found


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Lines, joined where a sentence was wrapped, and cut at the cells of a table."""
    start = line = 0
    for place in LINE_BREAK.finditer(text):
        if _ends_block(text[line : place.start()], text[place.end() : place.end() + WRAPPED_LINE]):
            yield from _cells(text, start, place.start())
            start = place.end()
        line = place.end()
    yield from _cells(text, start, len(text))


def _ends_block(before: str, after: str) -> bool:
    """Whether a line break ends what its line says; ``after`` is the beginning of the next line."""
    following = after.lstrip(" \t")
    if not before.strip() or LINE_BREAK.match(following) or not following or _BULLET.match(after):
        return True
    return len(before.strip()) < WRAPPED_LINE and not following[0].islower()


def _cells(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for edge in _CELL.finditer(text, start, end):
        yield start, edge.start()
        start = edge.end()
    yield start, end


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    place = start
    while (mark := _END.search(text, place, end)) is not None:
        place = mark.end()
        if mark["mark"] is not None:
            closed = _CLOSED.match(text, place, end)
            if closed is not None and _is_closing(text[start : mark.end()], closed[0]):
                place = closed.end()
            if place >= end or not _may_begin(text[place]) or _goes_on(text, start, mark, place):
                continue
        yield start, place
        start = place
    yield start, end


def _is_closing(before: str, mark: str) -> bool:
    """Whether a quotation mark that stands by itself, as tokenizers put it, ends what was said."""
    return not mark.startswith('"') or before.count('"') % 2 == 1


def _may_begin(character: str) -> bool:
    return not character.islower() and (character.isalnum() or character in _OPENING or ord(character) > 0x2000)


def _goes_on(text: str, start: int, mark: re.Match[str], place: int) -> bool:
    """Whether the mark belongs to an abbreviation, an initial or a number in front of what it counts."""
    if mark["mark"].strip() != "." or mark["close"]:
        return False
    before = text[max(start, mark.start() - 30) : mark.start()]
    word = _LAST_WORD.search(before)
    if word is None:
        return False
    said = word[0]
    lower = said.lower()
    spaced = mark["mark"] != "."
    following = _FIRST_WORD.match(text, place)
    begins = following is not None and following[0].lower() in _STARTERS
    if _NUMBERED.fullmatch(text[start : mark.start()].strip()):
        return True
    if _INITIAL.fullmatch(said):
        return not begins or (following is not None and len(following[0]) == 1)
    if spaced:  # a tokenizer that sets a full stop apart leaves it at an abbreviation
        return lower in _NEVER_LAST and lower not in ("no", "v", "al", "art", "sec", "mt")
    if lower in ("no", "nos", "p", "pp", "art", "sec", "fig", "ch", "vol"):
        return text[place].isdigit()
    if lower in _NEVER_LAST:
        return True
    if lower in _MAYBE_LAST or _DOTTED.fullmatch(said):
        return not begins
    return False
