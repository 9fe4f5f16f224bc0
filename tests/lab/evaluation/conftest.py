"""A small labelled world, and answers made by hand, so that every figure can be worked out on paper."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from nerret_tools.cli.app import app
from nerret_tools.documents import Span
from nerret_tools.lab.evaluation.answers import Answers
from nerret_tools.lab.evaluation.labelled import LabelledData, LabelledDocument, LabelledEntity
from nerret_tools.lab.training.recipe import read_recipe
from nerret_tools.lab.training.typed import is_held_back
from nerret_tools.models import find_spec
from nerret_tools.models.spec import RECIPE_FILE
from nerret_tools.searching import Ranking

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


@pytest.fixture(scope="session")
def training_data(small_world, tmp_path_factory):
    """A folder with the files that the recipe of the default model names, small ones."""
    folder = tmp_path_factory.mktemp("training")
    body = next(one for one in read_recipe(find_spec("minilm").weights / RECIPE_FILE).steps if one.kind == "body")
    otters = [f"{number:08d} 03 n 01 otter_{number} 0 001 @ 00000100 n 0000 | one of them" for number in range(5)]
    nouns = ["00000100 03 n 01 otter 0 000 | an animal", *otters]
    held_back = next(str(number) for number in range(100) if is_held_back(str(number)))
    used = next(str(number) for number in range(100) if not is_held_back(str(number)))
    passages = [
        {"id": key, "text": "Egret", "complete": True, "entities": [{"start": 0, "end": 5, "types": [name]}]}
        for key, name in ((used, "wading bird"), (held_back, "held-back thing"))
    ]
    files = {body.taxonomy: "\n".join(nouns)}
    files |= dict.fromkeys(body.typed, "\n".join(map(json.dumps, passages)))
    for source in body.labelled:
        files |= {source.path: small_world[0].read_text(encoding="utf-8")}
        files |= {source.types: json.dumps(TYPES | {"river": "boat"})}
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def evaluate(small_world):
    """Runs `nerret evaluate` on the small world, or on another file with its types."""

    def run(*options, labelled=small_world[0]):
        arguments = ["evaluate", labelled, "--types", small_world[1], *options]
        return CliRunner().invoke(app, list(map(str, arguments)))

    return run


def check_figures(system, data, index):
    """The figures of a system's row must be those of the answers that `find` gives."""
    for row in system.types:
        relevant = data.relevant[row.label]
        complete = [hit.document_id for hit in index.find(row.description, min_relevance=0).hits]
        returned = [hit.document_id for hit in index.find(row.description).hits]
        assert row.r_precision == len(relevant.intersection(complete[: len(relevant)])) / len(relevant)
        assert row.precision_at_50 == len(relevant.intersection(complete[:50])) / 50
        assert (row.returned, row.recall) == (len(returned), len(relevant.intersection(returned)) / len(relevant))


def document(document_id, *marked):
    """Ten characters a word: ``document("a", "river", None)`` has a river at [0, 10)."""
    entities = [
        LabelledEntity(start=10 * place, end=10 * place + 10, type=label)
        for place, label in enumerate(marked)
        if label is not None
    ]
    return LabelledDocument(id=document_id, text="Abcdefghij" * max(1, len(marked)), entities=entities)


def labelled_data(documents, types):
    relevant = {label: frozenset(d.id for d in documents for e in d.entities if e.type == label) for label in types}
    return LabelledData(documents=documents, types={label: label for label in types}, relevant=relevant, left_out=[])


def ranking(relevances):
    """Ids with falling relevances."""
    values = np.array(list(relevances.values()))
    return Ranking(list(relevances), values * 2 - 1, values)


@pytest.fixture
def rivers():
    """Four relevant documents: one found, one cut off, one badly ranked, one whose river nobody detected."""
    data = labelled_data(
        [
            document("found", "river"),
            document("under", "river"),
            document("low", None, "river", "river"),
            document("unseen", "river", "town"),
            document("wrong", "town"),
            document("wrong-too", "town"),
            document("mute", None),
        ],
        ["river", "town"],
    )
    answers = Answers(
        rankings={
            "river": ranking({"found": 0.9, "wrong": 0.8, "wrong-too": 0.4, "under": 0.3, "low": 0.2, "unseen": 0.1}),
            "town": ranking({"wrong": 0.7, "wrong-too": 0.6, "unseen": 0.5, "found": 0.1, "low": 0.1, "under": 0.1}),
        },
        cutoffs={"river": 0.35, "town": 0.5},
        for_recall={"river": 0.2, "town": 0.1},
    )
    whole = Span(start=0, end=10)
    predicted = {one.id: [whole] for one in data.documents}
    predicted["low"] = [Span(start=0, end=5), Span(start=21, end=30)]  # the second river: Jaccard 0.9
    predicted["unseen"] = [Span(start=0, end=8), Span(start=10, end=20)]  # the river: Jaccard 0.8, not over it
    predicted["mute"] = []
    return data, answers, predicted
