"""A small labelled world, written for these tests."""

import json

import pytest

TYPES = {"river": "river", "bird": "bird", "company": "company", "planet": "planet", "other": None}

SENTENCES = [
    ("The [Danube|river] floods the meadows below the town every other spring.", "r1"),
    ("Barges carry gravel down the [Loire|river] as far as the sea.", "r2"),
    ("They paddled the [Yukon|river] for eleven days and met nobody.", "r3"),
    ("A dam on the [Zambezi|river] feeds the furnaces of the mine.", "r4"),
    ("A [kingfisher|bird] dived from the willow and came up empty.", "b1"),
    ("In June the [nightingale|bird] sings until the milkman arrives.", "b2"),
    ("We counted two hundred [flamingos|bird] before the storm.", "b3"),
    ("[Siemens|company] delivered the turbines a month late.", "c1"),
    ("Her brother repairs engines for [Toyota|company] in the old harbour.", "c2"),
    ("[Nokia|company] closed the plant on the [Emscher|river] in autumn.", "c3"),
    ("The strike of [1905|other] lasted nine weeks.", "o1"),
    ("It rained, and nobody wanted to go out.", "n1"),
]


def labelled(marked, document_id):
    """A record from a text in which ``[surface|type]`` marks an entity."""
    text, entities = "", []
    for number, piece in enumerate(marked.replace("]", "[").split("[")):
        if number % 2:
            surface, label = piece.split("|")
            entities.append({"start": len(text), "end": len(text) + len(surface), "type": label})
            piece = surface
        text += piece
    return {"id": document_id, "text": text, "entities": entities}


@pytest.fixture(scope="session")
def small_world(tmp_path_factory):
    """Paths of twelve labelled sentences and their types; no document has a planet."""
    folder = tmp_path_factory.mktemp("small-world")
    records = [json.dumps(labelled(marked, document_id)) for marked, document_id in SENTENCES]
    (folder / "labelled.jsonl").write_text("\n".join(records), encoding="utf-8")
    (folder / "types.json").write_text(json.dumps(TYPES), encoding="utf-8")
    return folder / "labelled.jsonl", folder / "types.json"
