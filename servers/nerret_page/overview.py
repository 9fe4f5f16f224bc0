"""What is in here: an unknown index explains itself."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from nerret_page.desk import index_of
from nerret_page.kinds import kinds_among
from nerret_page.rendering import page
from nerret_page.states import once_a_state
from nerret_tools import EntityIndex
from nerret_tools.sampling import MentionSample

MENTIONS = 20_000
"""Drawn for what is said of mentions."""

DOCUMENTS = 1_000
"""Drawn for what is said of texts."""

NAMES = 8
"""Frequent names shown of an archetype."""

EXAMPLES = 10
"""Types proposed to ask for."""

SCRIPTS = 6
"""Shown, the most frequent."""

LENGTHS = (200, 1_000, 5_000, 20_000, 100_000)
"""Characters that part short documents from longer ones."""


class Group(NamedTuple):
    """Mentions of one archetype: its share of all, and the most frequent names with their numbers."""

    archetype: str
    share: float
    names: list[tuple[str, int]]


def view(request: Request) -> Response:
    """The page, at once; what takes a while is loaded into it."""
    with index_of(request) as index:
        return page(request, "overview.html", stats=index.stats())


def contents(request: Request) -> Response:
    """What takes a while."""
    with index_of(request) as index:
        return page(request, "contents.html", contents=_contents(index))


def examples(request: Request) -> Response:
    """Types to ask for."""
    with index_of(request) as index:
        return page(request, "examples.html", examples=_contents(index)["examples"])


@once_a_state(1)
def _contents(index: EntityIndex) -> dict[str, Any]:
    stats, sample, ids = index.stats(), index.sample(MENTIONS), index.ids()
    if len(ids) > DOCUMENTS:
        ids = np.random.default_rng(len(ids)).choice(np.array(ids, dtype=object), DOCUMENTS, replace=False).tolist()
    texts = [one.text for one in index.get(ids)]
    return {
        "documents": stats.documents,
        "mentions": stats.mentions,
        "without": stats.documents - sample.documents_with_mentions,
        "drawn": len(sample.mentions),
        "read": len(texts),
        "groups": _groups(sample),
        "lengths": _lengths(texts),
        "scripts": _scripts(texts),
        "fields": index.fields(),
        "examples": kinds_among(index, sample.embeddings, EXAMPLES),
    }


def _groups(sample: MentionSample) -> list[Group]:
    names: dict[str, Counter[str]] = {}
    for one in sample.mentions:
        names.setdefault(one.archetype or "Mentions", Counter())[" ".join(one.text.split())] += 1
    order = sorted(names, key=lambda name: -names[name].total())
    return [Group(one, names[one].total() / len(sample.mentions), names[one].most_common(NAMES)) for one in order]


def _lengths(texts: list[str]) -> list[tuple[str, float]]:
    bands = Counter(bisect_right(LENGTHS, len(text)) for text in texts)
    words = [f"under {LENGTHS[0]:,}", *(f"{low:,} to {high:,}" for low, high in pairwise(LENGTHS))]
    words.append(f"{LENGTHS[-1]:,} and more")
    return [(words[band], bands[band] / len(texts)) for band in sorted(bands)]


def _scripts(texts: list[str]) -> list[tuple[str, float]]:
    """Shares of the scripts that letters are of, as Unicode's names of letters begin with them."""
    letters = Counter(letter for text in texts for letter in text[:1_000] if letter.isalpha())
    scripts: Counter[str] = Counter()
    for letter, count in letters.items():
        scripts[unicodedata.name(letter, "other").split()[0].removesuffix("-").capitalize()] += count
    return [
        (name, count / scripts.total())
        for name, count in scripts.most_common(SCRIPTS)
        if count / scripts.total() >= 0.005
    ]
