"""Nouns of a taxonomy where they stand in sentences."""

from __future__ import annotations

import logging
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from nerret_tools.errors import DataFileError
from nerret_tools.lab.training.spans import MarkedText
from nerret_tools.lab.training.taxonomy import Taxonomy
from nerret_tools.lab.training.wordings import plural

logger = logging.getLogger(__name__)

_MOST_WORDS = 4  # of a noun that is looked for in sentences
_LEAST_LETTERS = 4
_MANY_KINDS = 30  # a noun with more names a category ("animal", "drug"), not one of its members
_BEFORE_NOUNS = frozenset(
    "a an the this that these those his her its their our my some any no each every another of in for from by".split()
)


def senses(taxonomy: Taxonomy) -> dict[str, list[int]]:
    """Lemma in lower case → the synsets that it can mean."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, synset in enumerate(taxonomy.synsets):
        for lemma in synset.lemmas:
            found[lemma.lower()].append(number)
    return found


def written(taxonomy: Taxonomy, single: Mapping[str, int]) -> dict[str, int]:
    """How nouns with a single sense (lemma → synset) stand in a text, with the synset: as they are, and in plural."""
    words = {}
    for synset in set(single.values()):
        for lemma in taxonomy.synsets[synset].lemmas:
            if len(lemma) >= _LEAST_LETTERS and single.get(lemma.lower()) == synset:
                words[lemma] = synset
                if lemma.islower() and plural(lemma) not in single:
                    words[plural(lemma)] = synset
    return words


def find_nouns(text: str, words: Mapping[str, int], anywhere: bool = False) -> Iterator[tuple[int, int, int]]:
    """Synset, start and end of nouns in a text with spaces around punctuation, the longest first.

    A single word in lower case may be a verb or an adjective: without ``anywhere`` it counts only after a word
    that says otherwise.
    """
    parts = text.split(" ")
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part) + 1)
    position = 0
    while position < len(parts):
        for length in range(min(_MOST_WORDS, len(parts) - position), 0, -1):
            found = words.get(" ".join(parts[position : position + length]))
            safe = length > 1 or parts[position][:1].isupper() or (position and parts[position - 1] in _BEFORE_NOUNS)
            if found is not None and (safe or anywhere):
                yield found, starts[position], starts[position + length] - 1
                position += length - 1
                break
        position += 1


class CommonNouns:
    """Marks what corpora of names leave unmarked: kinds of animals, dishes, drugs, vehicles in lower case.

    A noun of the branches that means one thing only and of which there are no kinds ("harmonica") is a mention where
    the word before says that it is a noun, and unknown where it may be another part of speech. Unknown too are nouns
    with at least half of their senses in the branches and few kinds ("violin"). The rest are no mentions: nouns that
    mostly mean something else ("line"), that name a category ("animal", "dog"), and short ones ("cat"), which are
    often something else too. The taxonomy must have every noun with another below it as a type.

    Args:
        branches: First lemmas of the categories whose nouns count; of several, the one with the most nouns.
        seed: Of the exchange of nouns.

    Raises:
        DataFileError: A branch is no category of the taxonomy.
    """

    def __init__(self, taxonomy: Taxonomy, branches: Sequence[str], seed: int) -> None:
        self.random = random.Random(seed)
        branch_of = _branches(taxonomy, branches)
        inner = set(taxonomy.types)
        kinds = zip(taxonomy.types, taxonomy.members, strict=True)
        few = branch_of.keys() - {synset for synset, members in kinds if len(members) > _MANY_KINDS}
        meanings = senses(taxonomy)
        leaves = {
            lemma: found[0]
            for lemma, found in meanings.items()
            if len(found) == 1 and found[0] in branch_of and found[0] not in inner
        }
        self.leaves = {word: synset for word, synset in written(taxonomy, leaves).items() if word.islower()}
        self.candidates = dict(self.leaves)
        for lemma, found in meanings.items():
            inside = sum(synset in few for synset in found)
            if len(lemma) >= _LEAST_LETTERS and lemma not in leaves and 2 * inside >= len(found):
                for word in (lemma, plural(lemma)):
                    self.candidates.setdefault(word, found[0])
        self.alike: dict[str, list[str]] = {}
        groups: dict[tuple[str, bool], list[str]] = defaultdict(list)
        for word, synset in sorted(self.leaves.items()):
            group = groups[branch_of[synset], word.endswith("s")]
            group.append(word)
            self.alike[word] = group

    def mark(self, marked: MarkedText) -> MarkedText:
        """Return the text with its nouns marked too."""
        nouns = self._nouns(marked)
        taken = _taken(marked.text, [*marked.spans, *nouns])
        unknown = [
            (start, end)
            for _, start, end in find_nouns(marked.text, self.candidates, anywhere=True)
            if not any(taken[start:end])
        ]
        return replace(marked, spans=(*marked.spans, *nouns), unknown=(*marked.unknown, *unknown))

    def exchange(self, marked: MarkedText) -> MarkedText | None:
        """Return the text with others of their branches in place of its nouns; None where it has none."""
        nouns = self._nouns(marked)
        if not nouns:
            return None
        text, spans, unknown = marked.text, list(marked.spans), list(marked.unknown)
        for start, end in reversed(nouns):
            other = self.random.choice(self.alike[text[start:end]])
            text = text[:start] + other + text[end:]
            change = len(other) - (end - start)
            spans, unknown = (
                [(a + change, b + change) if a > start else (a, b) for a, b in some] for some in (spans, unknown)
            )
            spans.append((start, start + len(other)))
        return replace(marked, text=text, spans=tuple(spans), unknown=tuple(unknown))

    def _nouns(self, marked: MarkedText) -> list[tuple[int, int]]:
        taken = _taken(marked.text, marked.spans)
        return [(start, end) for _, start, end in find_nouns(marked.text, self.leaves) if not any(taken[start:end])]


def _branches(taxonomy: Taxonomy, names: Sequence[str]) -> dict[int, str]:
    """Synset → the branch that it is in."""
    chosen: dict[str, tuple[int, np.ndarray]] = {}
    for synset, members in zip(taxonomy.types, taxonomy.members, strict=True):
        name = taxonomy.synsets[synset].lemmas[0]
        if name in names and (name not in chosen or len(members) > len(chosen[name][1])):  # "plant": a factory too
            chosen[name] = synset, members
    branch_of = {}
    for name in names:
        if name not in chosen:
            raise DataFileError(f'the recipe\'s branch "{name}" is no category of the taxonomy')
        synset, members = chosen[name]
        logger.info('branch "%s": %s, %d nouns', name, taxonomy.synsets[synset].definition, len(members))
        branch_of.update(dict.fromkeys([synset, *members.tolist()], name))
    return branch_of


def _taken(text: str, spans: Iterable[tuple[int, int]]) -> bytearray:
    """One where a span is."""
    taken = bytearray(len(text))
    for start, end in spans:
        taken[start:end] = b"\1" * (end - start)
    return taken
