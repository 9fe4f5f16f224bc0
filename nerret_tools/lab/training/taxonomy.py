"""A taxonomy of nouns: thousands of types with their members, from WordNet's ``data.noun``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nerret_tools.errors import DataFileError

MIN_MEMBERS = 5  # below this a category is an anecdote
MAX_MEMBERS = 6000  # above this it says nothing ("entity", "object")
EVERY = 10**9  # members: no type is left out


@dataclass(frozen=True)
class Synset:
    """One sense: its lemmas as text, and its definition without the examples."""

    lemmas: tuple[str, ...]
    definition: str
    is_instance: bool


@dataclass(frozen=True)
class Taxonomy:
    """Synsets, and the types among them."""

    synsets: list[Synset]  # all senses
    types: list[int]  # indices of the synsets that serve as types
    members: list[np.ndarray]  # for each type, the indices of the synsets below it, sorted
    ancestors: list[np.ndarray]  # for each synset, the positions in `types` of all types above it, sorted
    children: list[np.ndarray]  # for each type, the positions of the types directly below it, sorted


def read_wordnet(path: Path, min_members: int = MIN_MEMBERS, max_members: int = MAX_MEMBERS) -> Taxonomy:
    """Read a noun file in the format of wndb(5WN).

    Raises:
        DataFileError: The file is missing or a line is not in that format.
    """
    synsets: list[Synset] = []
    parents: list[list[str]] = []
    index: dict[str, int] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataFileError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if line.startswith("  "):
            continue  # the licence at the head of the file
        try:
            head, gloss = line.split("|", 1)
            fields = head.split()
            word_count = int(fields[3], 16)
            lemmas = tuple(fields[4 + 2 * i].replace("_", " ") for i in range(word_count))
            pointers = fields[5 + 2 * word_count :]
            above = [pointers[i + 1] for i in range(0, len(pointers), 4) if pointers[i] in ("@", "@i")]
            instance = "@i" in pointers[0::4]
        except (ValueError, IndexError) as error:
            raise DataFileError(f"{path}, line {number}: not a noun of wndb(5WN)") from error
        index[fields[0]] = len(synsets)
        synsets.append(Synset(lemmas, gloss.split(";")[0].strip(), instance))
        parents.append(above)
    above_of = [[index[offset] for offset in offsets] for offsets in parents]
    return _close(synsets, above_of, min_members, max_members)


def read_nouns(path: Path) -> Taxonomy:
    """Read WordNet with every type that has a member, as `read_wordnet`."""
    return read_wordnet(path, min_members=1, max_members=EVERY)


def _close(synsets: list[Synset], above_of: list[list[int]], least: int, most: int) -> Taxonomy:
    """Make the transitive closure, and keep as types what has enough and not too many members."""
    closed: list[set[int] | None] = [None] * len(synsets)

    def ancestors_of(synset: int) -> set[int]:
        known = closed[synset]
        if known is None:
            known = set()
            for parent in above_of[synset]:
                known |= {parent} | ancestors_of(parent)
            closed[synset] = known
        return known

    below: dict[int, list[int]] = {}
    for synset in range(len(synsets)):
        for ancestor in ancestors_of(synset):
            below.setdefault(ancestor, []).append(synset)
    types = sorted(synset for synset, found in below.items() if least <= len(found) <= most)
    position = {synset: number for number, synset in enumerate(types)}
    ancestors = [
        np.array(sorted(position[a] for a in ancestors_of(synset) if a in position), dtype=np.int64)
        for synset in range(len(synsets))
    ]
    children: list[list[int]] = [[] for _ in types]
    for number, synset in enumerate(types):
        for parent in above_of[synset]:
            if parent in position:
                children[position[parent]].append(number)
    return Taxonomy(
        synsets,
        types,
        [np.array(below[synset], dtype=np.int64) for synset in types],
        ancestors,
        [np.array(found, dtype=np.int64) for found in children],
    )
