"""Passages with their names marked, and what is made of them."""

import re
from pathlib import Path

import numpy as np
import pytest

from nerret_tools.entities.grouping import Occurrences, group_names

PASSAGES = Path(__file__).parents[1] / "data" / "entity_names.txt"


@pytest.fixture(scope="session")
def read_marked():
    """Passages with ``{surface|entity}`` → occurrences and the entity of each."""

    def read(passages):
        places, surfaces, entities = [], [], []
        for number, passage in enumerate(passages):
            at = 0
            for part in re.split(r"(\{[^{}]+\})", passage):
                surface, _, entity = part.strip("{}").partition("|")
                if part.startswith("{"):
                    places.append((number, at, at + len(surface)))
                    surfaces.append(surface)
                    entities.append(entity or surface)
                at += len(surface)
        documents, starts, ends = np.array(places, dtype=np.int64).T
        names = [f"p{number}" for number in range(len(passages))]
        return Occurrences(documents, starts, ends, surfaces, names), entities

    return read


@pytest.fixture(scope="session")
def passages():
    """The labelled passages."""
    lines = PASSAGES.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


@pytest.fixture(scope="session")
def groups(read_marked):
    """Marked passages → the entities as lists of surfaces, by name, and the reason of each surface."""

    def grouped(*given):
        found, _ = read_marked(given)
        made = group_names(found)
        return {
            name: {
                surface: made.reason(number, surface)
                for surface, member in zip(found.surfaces, made.members.tolist(), strict=True)
                if member == number
            }
            for number, name in enumerate(made.names)
        }

    return grouped
