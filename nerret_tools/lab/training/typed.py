"""Texts whose mentions carry free-text types, and batches of them in which a modifier counts.

A type that a mention does not list may still be true of it. What is known: a type is true where it is listed, where it
is the end of a listed one ("car maker" of "German car maker"), and where WordNet has it above a listed one in every
sense. It is false where the heads have nothing to do with each other, and where the head is the same and the words
around it exclude each other. Everything between is unknown.
"""

from __future__ import annotations

import json
import random
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from nerret_tools.errors import DataFileError
from nerret_tools.lab.training.examples import Batch
from nerret_tools.lab.training.mentions import MarkedSentence
from nerret_tools.lab.training.noise import roughen
from nerret_tools.lab.training.nouns import senses
from nerret_tools.lab.training.taxonomy import Taxonomy
from nerret_tools.lab.training.type_names import TypeName, conflict, implied, other_ways, parse_type
from nerret_tools.lab.training.wordings import reword

HELD_BACK = 10  # one text in so many is for development
TRUE, FALSE, UNKNOWN = 1, 0, -1


@dataclass(frozen=True)
class TypedText:
    """A sentence and the types of its mentions, fine to broad."""

    id: str  # of the passage
    text: str  # the sentence
    spans: tuple[tuple[int, int], ...]  # mentions
    types: tuple[tuple[str, ...], ...]  # of each mention
    complete: bool  # whether every mention is marked


def is_held_back(passage_id: str) -> bool:
    """Whether a passage is for development, not for training."""
    return zlib.crc32(passage_id.encode()) % HELD_BACK == 0


def read_typed(
    paths: Iterable[Path], sentences: Callable[[str], Sequence[tuple[int, int]]], *, held_back: bool = False
) -> list[TypedText]:
    """Read passages ``{"id", "text", "complete", "entities": [{"start", "end", "types"}]}``, sentence by sentence.

    `held_back`: the texts for development in place of the others.

    Raises:
        DataFileError: A file cannot be read.
    """
    found = []
    for path in paths:
        try:
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        except (OSError, ValueError) as error:
            raise DataFileError(f"{path} cannot be read: {error}") from error
        for line in lines:
            if is_held_back(line["id"]) != held_back:
                continue
            for first, stop in sentences(line["text"]):
                inside = [one for one in line["entities"] if first <= one["start"] and one["end"] <= stop]
                found.append(
                    TypedText(
                        line["id"],
                        line["text"][first:stop],
                        tuple((one["start"] - first, one["end"] - first) for one in inside),
                        tuple(tuple(one["types"]) for one in inside),
                        line["complete"],
                    )
                )
    return found


@dataclass(frozen=True)
class _Known:
    """What is known of one type: its name in parts, what it is beside itself, and nouns above it."""

    name: TypeName
    implied: frozenset[str]
    in_every_sense: frozenset[str]
    in_some_sense: frozenset[str]


class TypeRelations:
    """Says of a type and a mention's types whether it is true of the mention."""

    def __init__(self, texts: Sequence[TypedText], taxonomy: Taxonomy) -> None:
        self._senses = senses(taxonomy)
        self._taxonomy = taxonomy
        self._kinds: set[tuple[str, str]] = set()  # that some mention has both
        self._subjects: set[tuple[str, str]] = set()
        for types in {types for text in texts for types in text.types}:
            parsed = [parse_type(name) for name in types]
            for one in parsed:
                self._kinds.update((one.kind, other.kind) for other in parsed)
                self._subjects.update((one.subject, other.subject) for other in parsed)
        self._known: dict[str, _Known] = {}

    def judge(self, name: str, types: Sequence[str]) -> int:
        """TRUE, FALSE or UNKNOWN."""
        asked, found = self.known(name), FALSE
        for number, listed in enumerate(types):
            one = self._relation(asked, self.known(listed), number == 0)
            if one == TRUE:
                return TRUE
            found = min(found, one)
        if found == UNKNOWN and any(conflict(asked.name, self.known(one).name, self._subjects) for one in types):
            return FALSE
        return found

    def _relation(self, asked: _Known, listed: _Known, finest: bool) -> int:
        """How a type stands to one listed type, words around the head that exclude each other aside."""
        name, head, whole = asked.name, listed.name.head, listed.name.name
        if name.name == whole or name.name in listed.implied:
            return TRUE
        if name.name in listed.in_every_sense:
            return TRUE
        if name.head == head or name.head in listed.in_some_sense or name.name in listed.in_some_sense:
            return UNKNOWN
        over = asked.in_some_sense
        if finest and (whole in over or (head in over and not listed.name.subject)):
            return UNKNOWN
        return UNKNOWN if finest and (name.kind, listed.name.kind) in self._kinds else FALSE

    def known(self, name: str) -> _Known:
        """What is known of a type."""
        if name not in self._known:
            parsed = parse_type(name)
            every, some = self._above(parsed.name if parsed.name in self._senses else parsed.head)
            self._known[name] = _Known(parsed, frozenset(implied(name)), every, some)
        return self._known[name]

    def _above(self, lemma: str) -> tuple[frozenset[str], frozenset[str]]:
        """Lemmas above a noun in every sense, and in some, its synonyms among them."""
        sets = []
        for synset in self._senses.get(lemma, ()):
            over = [self._taxonomy.types[kind] for kind in self._taxonomy.ancestors[synset].tolist()]
            sets.append({word.lower() for one in (synset, *over) for word in self._taxonomy.synsets[one].lemmas})
        if not sets:
            return frozenset(), frozenset()
        return frozenset(set.intersection(*sets)), frozenset(set.union(*sets))


class TypedExamples:
    """Sentences with all their mentions, and types of these beside types that differ in a modifier only.

    So many texts and types a batch, or all where there are fewer; `noise`: share of the sentences that are roughened.
    The taxonomy has every noun with another below it as a type.
    """

    def __init__(
        self, texts: Sequence[TypedText], taxonomy: Taxonomy, sentences: int, types: int, noise: float, seed: int
    ) -> None:
        self.texts = [text for text in texts if text.spans]
        self.relations = TypeRelations(self.texts, taxonomy)
        self.sentences, self.noise = min(sentences, len(self.texts)), noise
        self.seed, self.random = seed, random.Random(seed)
        places: dict[str, set[int]] = defaultdict(set)
        names: dict[str, set[str]] = defaultdict(set)
        for number, text in enumerate(self.texts):
            for name in (name for kinds in text.types for name in kinds):
                one = parse_type(name)
                if one.is_restricted:
                    places[one.head].add(number)
                    names[one.head].add(name)
        self.names = {head: sorted(found) for head, found in names.items()}
        self.places = {head: sorted(places[head]) for head in self.names if len(self.names[head]) > 2}
        self.heads = sorted(self.places)
        self.weights = [len(self.places[head]) ** 0.5 for head in self.heads]
        self.all_names = sorted({name for text in self.texts for kinds in text.types for name in kinds})
        self.types = min(types, len(self.all_names))
        in_families = len(set().union(*self.places.values())) if self.places else 0
        self.from_families = min(self.sentences // 2, in_families)  # a small corpus has fewer than half a batch

    def draw(self, number: int) -> Batch:
        """Return a batch: half of its texts in families of one head noun; the same for the same number."""
        self.random.seed(f"{self.seed} {number}")
        chosen = self._texts(number)
        kinds = [types for text in chosen for types in text.types]
        names = self._names(kinds)
        judged = np.array([[self.relations.judge(name, types) for types in kinds] for name in names])
        marked = []
        for text in chosen:
            rough = self.random.random() < self.noise
            marked.append(
                MarkedSentence(roughen(text.text, text.spans, self.random) if rough else text.text, list(text.spans))
            )
        return Batch([self._word(name) for name in names], marked, judged == TRUE, judged == UNKNOWN)

    def _texts(self, number: int) -> list[TypedText]:
        chosen: dict[int, None] = {}
        while len(chosen) < self.from_families:
            [head] = self.random.choices(self.heads, self.weights)
            chosen.update(dict.fromkeys(self.random.sample(self.places[head], min(3, len(self.places[head])))))
        position = number * (self.sentences - self.sentences // 2)
        while len(chosen) < self.sentences:
            turn, place = divmod(position, len(self.texts))
            chosen[_order(len(self.texts), self.seed, turn)[place]] = None
            position += 1
        return [self.texts[place] for place in list(chosen)[: self.sentences]]

    def _names(self, kinds: Sequence[tuple[str, ...]]) -> list[str]:
        """A type of each mention, then siblings with another modifier, then any."""
        chosen: dict[str, None] = {}
        for types in self.random.sample(list(kinds), len(kinds)):
            if len(chosen) < self.types * 0.7:
                chosen[self.random.choice(types) if self.random.random() < 0.6 else types[0]] = None
        own = list(chosen)
        for name in self.random.sample(own, len(own)):
            others = self.names.get(parse_type(name).head, ())
            if len(others) > 2 and len(chosen) < self.types * 0.9:
                chosen[self.random.choice(others)] = None
        while len(chosen) < self.types:
            chosen[self.random.choice(self.all_names)] = None
        return list(chosen)

    def _word(self, name: str) -> str:
        ways = other_ways(name)
        if ways and self.random.random() < 0.2:
            return self.random.choice(ways)
        return reword([name], None, self.random)


@lru_cache(maxsize=2)
def _order(count: int, seed: int, turn: int) -> list[int]:
    """All texts in the order in which one turn goes through them."""
    return random.Random(f"{seed} {turn}").sample(range(count), count)
