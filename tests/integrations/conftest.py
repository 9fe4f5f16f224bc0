"""One index of the demo corpus for both ecosystems, and small ones that a test may change."""

import asyncio
import json
from pathlib import Path

import pytest

from nerret_tools import Document, EntityIndex

DEMO = Path(__file__).parents[2] / "demo"


@pytest.fixture(scope="session")
def demo_index(tmp_path_factory):
    """An open index of the demo corpus; tests only read it."""
    lines = map(json.loads, (DEMO / "corpus.jsonl").read_text(encoding="utf-8").splitlines())
    with EntityIndex.open(tmp_path_factory.mktemp("demo") / "index") as index:
        index.add(
            Document(id=line["id"], text=line["text"], metadata={"topic": line["topic"], "tags": [line["id"]]})
            for line in lines
        )
        yield index


@pytest.fixture(scope="session")
def entity_types():
    """The types that the demo corpus is labelled with, in words."""
    types = json.loads((DEMO / "types.json").read_text(encoding="utf-8")).values()
    return [description for description in types if description is not None]


@pytest.fixture
def small_index(tmp_path):
    """An empty index that a test may fill."""
    with EntityIndex.open(tmp_path / "index") as index:
        yield index


@pytest.fixture
def ticks():
    """Runs coroutines together, and counts how often the event loop turned in the meantime."""

    async def count(work):
        together, turns = asyncio.gather(*work), 0
        while not together.done():
            turns += 1
            await asyncio.sleep(0.001)
        return await together, turns

    return lambda work: asyncio.run(count(work))
