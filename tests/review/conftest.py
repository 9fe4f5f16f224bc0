"""Made-up collections with known answers, and a clock that a test moves."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from nerret_tools import Document, Mention
from nerret_tools.review import Identity, Review, ReviewDocument


class MadeUp:
    """A collection in memory; documents that are relevant say so."""

    def __init__(self, count=40, relevant=10, entity_type="airline", *, missed=0, seed=0):
        generator = np.random.default_rng(seed)
        self.entity_type = entity_type
        self.identity = Identity("default", "index-1", 3, "model-1")
        self.ids = [f"d{number:04}" for number in range(count)]
        chances = np.linspace(0.98, 0.0, count) ** 6
        best = np.argsort(-(np.log(chances + 1e-9) + generator.gumbel(size=count)))[: relevant - missed]
        self.right = {self.ids[place] for place in best.tolist()} | set(self.ids[count - missed :])
        self.relevances = chances
        self.deleted = set()
        self.now = self.identity.generation

    def generation(self):
        return self.now

    def documents(self, ids):
        return [
            ReviewDocument(
                document=Document(id=one, text="Lufthansa left." if one in self.right else "It rained."),
                mentions=[Mention(text="Lufthansa", start=0, end=9)] if one in self.right else [],
                relevance=float(self.relevances[self.ids.index(one)]),
            )
            for one in ids
            if one not in self.deleted
        ]

    def verdict(self, document):
        return "yes" if document.document.id in self.right else "no"


class Clock:
    def __init__(self):
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.time

    def pass_by(self, minutes):
        self.time += timedelta(minutes=minutes)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def collection():
    return MadeUp()


@pytest.fixture
def begin(tmp_path, collection, clock):
    """Begin a review, or go on with it, in one file."""

    def opened(reviewer="ann", over=None, **options):
        given = {"seed": 5, **options}
        return Review(over or collection, tmp_path / "a.review.jsonl", reviewer=reviewer, clock=clock, **given)

    return opened


@pytest.fixture
def made_up():
    return MadeUp
