"""Mentions that are only the type's own words."""

from __future__ import annotations

from nerret_tools.entities.names import DETERMINERS, name_key

_COUNTS = frozenset(
    "one two three four five six seven eight nine ten some many several all both each every any no other another "
    "few most more such same".split()
)


class GenericNames:
    """Tells "the airline" and "two central banks" from a name, for one type or each of several."""

    def __init__(self, *entity_types: str) -> None:
        self._words = [{_singular(word) for word in name_key(one).split()} for one in entity_types]

    def __contains__(self, surface: str) -> bool:
        """Whether a surface has no word that is not one type's."""
        words = [word for word in name_key(surface).split() if word not in _COUNTS and word not in DETERMINERS]
        return any(all(_singular(word) in own or word.isdigit() for word in words) for own in self._words)

    def says_the_type(self, surface: str) -> bool:
        """Whether it has a word of the type's besides: "747" alone may well be a name."""
        words = {_singular(word) for word in name_key(surface).split()}
        return surface in self and any(words & own for own in self._words)


def _singular(word: str) -> str:
    """One form for singular and plural, right or wrong: only compared with itself."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
