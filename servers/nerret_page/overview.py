"""What is in here: an unknown index explains itself."""

from __future__ import annotations

import threading
import unicodedata
from bisect import bisect_right
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from nerret_page.desk import Desk
from nerret_page.kinds import Kinds
from nerret_page.rendering import page
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


class Contents(NamedTuple):
    """What is said of an index in one state.

    Attributes:
        documents: In all.
        mentions: In all.
        without: Documents without a mention.
        drawn: Mentions that the groups are made of.
        read: Documents that lengths and scripts are made of.
        groups: Archetypes, the most frequent first.
        lengths: Bands of characters in words, with the share of documents.
        scripts: With the share of letters.
        fields: Metadata keys, with the number of documents that have each.
        examples: Types that are worth asking for.
    """

    documents: int
    mentions: int
    without: int
    drawn: int
    read: int
    groups: list[Group]
    lengths: list[tuple[str, float]]
    scripts: list[tuple[str, float]]
    fields: dict[str, int]
    examples: list[str]


class Overview:
    """Its endpoints.

    Args:
        desk: Where the index is.
        kinds: What types might be called.
    """

    def __init__(self, desk: Desk, kinds: Kinds) -> None:
        self._desk = desk
        self._kinds = kinds
        self._lock = threading.Lock()
        self._known: tuple[tuple[str, int], Contents] | None = None

    def view(self, request: Request) -> Response:
        """The page, at once; what takes a while is loaded into it."""
        with self._desk.index() as index:
            stats = index.stats()
        return page(request, "overview.html", stats=stats)

    def contents(self, request: Request) -> Response:
        """What takes a while."""
        return page(request, "contents.html", contents=self._contents())

    def examples(self, request: Request) -> Response:
        """Types to ask for."""
        return page(request, "examples.html", examples=self._contents().examples)

    def _contents(self) -> Contents:
        with self._desk.index() as index, self._lock:
            stats = index.stats()
            state = (stats.index_id, stats.generation)
            if self._known is None or self._known[0] != state:
                self._known = state, self._read(index, stats.documents, stats.mentions)
            return self._known[1]

    def _read(self, index: EntityIndex, documents: int, mentions: int) -> Contents:
        sample = index.sample(MENTIONS)
        ids = index.ids()
        if len(ids) > DOCUMENTS:
            ids = np.random.default_rng(len(ids)).choice(np.array(ids, dtype=object), DOCUMENTS, replace=False).tolist()
        texts = [one.text for one in index.get(ids)]
        return Contents(
            documents,
            mentions,
            documents - sample.documents_with_mentions,
            len(sample.mentions),
            len(texts),
            _groups(sample),
            _lengths(texts),
            _scripts(texts),
            index.fields(),
            self._kinds.among(index, sample.embeddings, EXAMPLES),
        )


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
        (name, count / scripts.total()) for name, count in scripts.most_common(6) if count / scripts.total() >= 0.005
    ]
