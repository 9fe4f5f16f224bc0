"""Type descriptions as people write them: plural, with an article, as a choice, as a definition."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from nerret_tools.errors import MissingExtraError

if TYPE_CHECKING:
    import inflect


def reword(names: Sequence[str], definition: str | None, generator: random.Random) -> str:
    """Draw one way to ask for a type: by one of its names, of which the first is the usual one, or its definition."""
    name = names[0] if generator.random() < 0.6 else generator.choice(names)
    way = generator.random()
    if way < 0.45:
        return name
    if way < 0.60:
        return plural(name)
    if way < 0.70:
        return f"{generator.choice(('the', article(name)))} {name}"
    if way < 0.74:
        return f"{generator.choice(('name', 'kind', 'names', 'kinds', 'type'))} of {plural(name)}"
    if way < 0.83 and len(names) > 1:
        one, other = generator.sample(list(names), 2)
        return f"{one} or {other}"
    if way < 0.92 and definition:
        return f"{name}, {definition}"
    return definition if way >= 0.97 and definition else name


@lru_cache(maxsize=65536)
def plural(name: str) -> str:
    """The plural of a noun phrase, as far as spelling tells."""
    return str(_words().plural_noun(name) or name)


@lru_cache(maxsize=65536)
def article(name: str) -> str:
    """``a`` or ``an``."""
    return str(_words().a(name)).split(" ", 1)[0]


@lru_cache(maxsize=1)
def _words() -> inflect.engine:
    try:
        import inflect
    except ImportError as error:
        raise MissingExtraError("rewording type descriptions", "training") from error
    return inflect.engine()
