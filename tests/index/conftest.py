"""A few documents on different things; an index of them that tests only read, and one that a test may change."""

import pytest

from nerret_tools import Document, EntityIndex

TEXTS = {
    "dino-1": "Microraptor had four wings and lived among the trees.",
    "dino-2": "A cast of the Stegosaurus stands in the hall of the museum.",
    "air-1": "Lufthansa cancelled every flight to Lima on Monday.",
    "air-2": "The pilots of Qantas went back to work after a week.",
    "river-1": "Rafts drifted down the Orinoco for nine days.",
    "plain": "it was late and they went home without a word.",
}


@pytest.fixture(scope="session")
def made():
    return [
        Document(id=key, text=text, metadata={"kind": key.split("-")[0], "length": len(text), "tags": ["a", None]})
        for key, text in TEXTS.items()
    ]


@pytest.fixture
def documents(made):
    return list(made)


@pytest.fixture(scope="session")
def index(tmp_path_factory, made):
    with EntityIndex.open(tmp_path_factory.mktemp("read") / "index") as opened:
        opened.add(made)
        yield opened


@pytest.fixture
def own_index(tmp_path, made):
    with EntityIndex.open(tmp_path / "index") as opened:
        opened.add(made)
        yield opened
