"""What the name of a type says: its head noun, and what the words around that restrict."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from nerret_tools.lab.training.wordings import plural

_COUNTRIES = {
    country: tuple(people.split())
    for country, people in (
        pair.split(":")
        for pair in (
            "America:American US U.S.|Britain:British UK|England:English|France:French|Germany:German|Italy:Italian|"
            "Japan:Japanese|India:Indian|Australia:Australian|Canada:Canadian|Scotland:Scottish|Ireland:Irish|"
            "Spain:Spanish|Russia:Russian|China:Chinese|Switzerland:Swiss|Netherlands:Dutch|Sweden:Swedish|"
            "Greece:Greek|Denmark:Danish|Poland:Polish|Mexico:Mexican|Brazil:Brazilian|Austria:Austrian|Wales:Welsh|"
            "Norway:Norwegian|Egypt:Egyptian|Portugal:Portuguese|Turkey:Turkish|Hungary:Hungarian|"
            "Indonesia:Indonesian|Finland:Finnish|Belgium:Belgian|Iran:Iranian|Korea:Korean|Israel:Israeli|"
            "Kenya:Kenyan|Chile:Chilean|Argentina:Argentine Argentinian|Philippines:Philippine Filipino|"
            "Ethiopia:Ethiopian|Nigeria:Nigerian|Ukraine:Ukrainian|Malaysia:Malaysian|Morocco:Moroccan|"
            "Vietnam:Vietnamese|Pakistan:Pakistani|Jamaica:Jamaican|Thailand:Thai|Bosnia:Bosnian|Syria:Syrian|"
            "Cyprus:Cypriot|Iceland:Icelandic|Peru:Peruvian|Colombia:Colombian|Cuba:Cuban|Croatia:Croatian|"
            "Serbia:Serbian|Romania:Romanian|Bulgaria:Bulgarian|Ghana:Ghanaian|Tanzania:Tanzanian|Iraq:Iraqi|"
            "Lebanon:Lebanese|Nepal:Nepalese|Bangladesh:Bangladeshi|Taiwan:Taiwanese|Estonia:Estonian|"
            "Latvia:Latvian|Lithuania:Lithuanian|Slovenia:Slovenian|Slovakia:Slovak|Georgia:Georgian|"
            "Armenia:Armenian|Algeria:Algerian|Tunisia:Tunisian|Uganda:Ugandan|Senegal:Senegalese|"
            "Venezuela:Venezuelan|Bolivia:Bolivian|Ecuador:Ecuadorian|Uruguay:Uruguayan|Mongolia:Mongolian|"
            "Albania:Albanian|Malta:Maltese|Singapore:Singaporean|Albania:Albanian|Zealand:Zealand"
        ).split("|")
    )
}
_NATIONS = {word: country for country, people in _COUNTRIES.items() for word in (country, *people)}
_BRITISH = frozenset(("Britain", "England", "Scotland", "Wales", "Ireland"))
_SEXES = {
    "female": "f", "women's": "f", "woman": "f", "girls'": "f", "male": "m", "men's": "m", "man": "m", "boys'": "m",
}  # fmt: skip
_STATES = {
    "extinct": "gone", "defunct": "gone", "former": "gone", "historical": "gone", "ancient": "gone", "living": "here",
    "current": "here", "modern": "here", "active": "here", "fictional": "told", "mythical": "told", "legendary": "told",
}  # fmt: skip
_CENTURY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)[- ]century|(1\d|20)\d0s")
_BEHIND = re.compile(r" (?:in|of|from|for|with|by|on|at|to|who|that|which|near|between|under|against|about) ")
# What says little of the kind: a thing with one of these may have another too.
_VAGUE = frozenset(
    "small large big great major minor famous popular old new public private traditional professional "
    "international national local regional leading best-selling luxury cheap common rare early late first second main "
    "official independent award-winning".split()
)
# A toy gun is no gun.
_PRIVATIVE = frozenset("toy fake mock model fictional mythical legendary former failed proposed imitation".split())


@dataclass(frozen=True)
class TypeName:
    """A type's name in parts."""

    name: str  # in lower case
    head: str  # its noun, such as "maker" of "German car maker"
    nation: str  # the country that it is restricted to; empty: to none
    sex: str  # "f", "m" or empty
    state: str  # "gone", "here", "told" or empty
    century: str  # or decade's century; empty without one
    subject: str  # the other words before the head, such as "car"

    @property
    def kind(self) -> str:
        """Subject and head: "car maker" of "German car maker"."""
        return f"{self.subject} {self.head}".strip()

    @property
    def is_restricted(self) -> bool:
        """Whether there is anything beside the head."""
        return self.name != self.head


@cache
def parse_type(name: str) -> TypeName:
    """Take a type's name apart."""
    before, _, behind = _BEHIND.sub("|", name, count=1).partition("|")
    *around, head = before.split() or [name]
    nation = sex = state = subject = ""
    for word in (*around, *behind.split()):
        nation = nation or _NATIONS.get(word, "")
        sex = sex or _SEXES.get(word.lower(), "")
        state = state or _STATES.get(word.lower(), "")
    century = _CENTURY.search(name)
    subject = " ".join(
        word.lower()
        for word in around
        if word not in _NATIONS
        and word.lower() not in _SEXES
        and word.lower() not in _STATES
        and not _CENTURY.match(word)
    )
    return TypeName(
        name.lower(), head.lower(), nation, sex, state, "" if century is None else str(century.group(0)[:2]), subject
    )


def implied(name: str) -> Iterable[str]:
    """What a type is beside itself: "German car maker" is a "car maker" and a "maker"; all in lower case."""
    words = name.lower().split()
    if _BEHIND.search(name):
        return
    for first in range(1, len(words)):
        if words[first - 1] in _PRIVATIVE:
            return
        yield " ".join(words[first:])


def conflict(one: TypeName, other: TypeName, together: Collection[tuple[str, str]]) -> bool:
    """Whether nothing is of both types, as far as words around like heads tell.

    `together`: pairs of subjects that some mention has both.
    """
    if one.nation and other.nation and one.nation != other.nation and not {one.nation, other.nation} <= _BRITISH:
        return True
    pairs = ((one.sex, other.sex), (one.state, other.state), (one.century, other.century))
    if any(a and b and a != b for a, b in pairs):
        return True
    if one.head != other.head or not one.subject or not other.subject or one.subject == other.subject:
        return False
    if _VAGUE & {one.subject, other.subject} or one.subject in other.subject or other.subject in one.subject:
        return False
    return (one.subject, other.subject) not in together


def other_ways(name: str) -> list[str]:
    """The same type as a phrase: "car maker from Germany", "company that makes cars", "politician who is a woman"."""
    words = name.split()
    ways = []
    if len(words) > 1 and words[0] in _NATIONS:
        ways.append(
            f"{' '.join(words[1:])} {'of' if words[-1] in ('city', 'town', 'river') else 'from'} {_place(words[0])}"
        )
    if words[0] in ("female", "male") and len(words) > 1:
        ways.append(f"{' '.join(words[1:])} who is a {'woman' if words[0] == 'female' else 'man'}")
    if words[-1] in ("maker", "manufacturer", "producer", "builder") and len(words) > 1:
        nation = words[:1] if words[0] in _NATIONS else []
        made = words[len(nation) : -1]
        if made:
            ways.append(" ".join([*nation, "company that makes", *made[:-1], plural(made[-1])]))
    return ways


def _place(word: str) -> str:
    country = _NATIONS[word]
    return {"America": "the United States", "Netherlands": "the Netherlands", "Zealand": "New Zealand"}.get(
        country, country
    )
