"""Types that sentences say of the names in them: "X is a Y", "X , a Y", "the Y X", "Ys such as X"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from nerret_tools.lab.training.taxonomy import Taxonomy
from nerret_tools.lab.training.wordings import plural

# A run of capitalised words, with the small words that names have inside.
_NAME = re.compile(
    r"(?:[A-Z][\w'’.&-]*|[0-9]+[A-Za-z][\w-]*)(?: (?:(?:of|the|de|van|von|da|del|la|and|for|in) )?[A-Z0-9][\w'’.&-]*)*"
)
_IS_A = re.compile(r" (?:\( [^)]{1,60} \) )?(?:, |is |was |are |were |became |, which is )(?:an?|the|one of the) ")
_SUCH_AS = re.compile(r"(?:^| )([\w -]{3,40}?) (?:such as|including|like) $")
_WORD = re.compile(r"[a-z][a-z-]+$")

_PHRASE_ENDS = frozenset(
    "of in from who which that and or for by at on to with as was is are were has had where when whose under"
    " near during since until also located based founded born released published written directed".split()
)
# Heads that say nothing of the kind of a thing.
_EMPTY_HEADS = frozenset(
    "one name part member number kind type form set series result end time day year way lot case example thing"
    " use way fact point side half rest group variety piece pair total range source subject first second third"
    " th century age version late former son daughter brother sister wife husband father mother friend"
    " man woman people work place home line area way current new old great main best same other own top"
    " north south east west january february march april may june july august september october november december"
    " while then after before per via even only all both either such under over once here there now well mr mrs"
    " saw being out future present local young joint national back down have meet host past rival addition partner"
    " beat term head standard support defeat native classical progressive professional general shell game-day"
    " can do may will must get let go opponent joining leaving making serving playing meeting".split()
)


_AFTER_OPENERS = frozenset(["the", "for", "in"])
_NO_NAMES = frozenset("In On At By As For From After During Since With When While Although His Her Its Their".split())


@dataclass(frozen=True)
class MinedMention:
    """A name in a sentence and the noun that the sentence says it is."""

    text: str  # the sentence
    start: int  # of the name, in characters
    end: int  # one past its last character
    kind: str  # the noun, singular, lower case
    cue: tuple[int, int]  # characters `[start, end)` of the noun phrase that says so


def mine_types(texts: Iterable[str], taxonomy: Taxonomy) -> list[MinedMention]:
    """Find names with kinds that names have: some name has it in the taxonomy, or two sentences say "is a"."""
    nouns: set[str] = set()
    named: set[str] = set()
    for number, members in zip(taxonomy.types, taxonomy.members, strict=True):
        lemmas = {lemma for lemma in taxonomy.synsets[number].lemmas if lemma.islower()}
        nouns |= lemmas
        if any(taxonomy.synsets[member].is_instance for member in members):
            named |= lemmas
    found = list(mine(texts, nouns))
    said = Counter(one.kind for one in found if one.cue[0] >= one.end)
    return [one for one in found if one.kind in named or said[one.kind] > 1]


def mine(texts: Iterable[str], nouns: Collection[str]) -> Iterator[MinedMention]:
    """Find names whose kind, a noun in lower case, is said beside them, in sentences with spaces around punctuation."""
    singulars = {plural(noun): noun for noun in nouns if " " not in noun}
    for text in texts:
        for match in _NAME.finditer(text):
            start, end = match.span()
            words = match.group().split(" ")
            if start == 0 and len(words) > 2 and words[1] in _AFTER_OPENERS:
                start, words = len(words[0]) + len(words[1]) + 2, words[2:]  # "Later the Ardenza"
            if words[0] in _NO_NAMES or (start == 0 and len(words) == 1) or end - start < 3:
                continue  # a sentence's first word has a capital whatever it is
            found = _after(text, end, nouns, singulars) or _before(text, start, nouns, singulars)
            if found is not None:
                kind, cue = found
                yield MinedMention(text, start, end, kind, cue)


def _after(
    text: str, end: int, nouns: Collection[str], singulars: dict[str, str]
) -> tuple[str, tuple[int, int]] | None:
    cue = _IS_A.match(text, end)
    if cue is None:
        return None
    position, words = cue.end(), []
    for word in text[cue.end() :].split(" ")[:7]:
        if word.lower() in _PHRASE_ENDS or not re.match(r"[\w-]+$", word):
            break
        words.append(word)
        position += len(word) + 1
    kind = _head(words, nouns, singulars)
    return None if kind is None else (kind, (end, position - 1))


def _before(
    text: str, start: int, nouns: Collection[str], singulars: dict[str, str]
) -> tuple[str, tuple[int, int]] | None:
    before = text[:start]
    such = _SUCH_AS.search(before)
    if such is not None:
        kind = _head(such.group(1).split(" "), nouns, singulars)
        return None if kind is None else (kind, (such.start(1), start))
    words = before.rstrip(" ").split(" ")[-2:]
    kind = _head(words, nouns, singulars)
    if kind is None or words[-1].lower() in singulars:
        return None  # a plural before a name is rarely its kind
    return kind, (start - 1 - len(kind), start)


def _head(words: list[str], nouns: Collection[str], singulars: dict[str, str]) -> str | None:
    """The last noun of a phrase, two words long where there is such a noun."""
    if not words or not _WORD.match(words[-1]):
        return None
    last = words[-1] if words[-1] in nouns else singulars.get(words[-1])
    if last is None or last in _EMPTY_HEADS:
        return None
    pair = f"{words[-2].lower()} {last}" if len(words) > 1 else ""
    return pair if pair in nouns else last
