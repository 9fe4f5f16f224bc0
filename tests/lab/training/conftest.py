"""A taxonomy of a dozen nouns in the format of wndb(5WN), and labelled sentences; all made up."""

import json

import pytest
from typer.testing import CliRunner

from nerret_tools.cli.app import app
from nerret_tools.lab.training.taxonomy import read_wordnet

NOUNS = {
    "thing": [],
    "animal": ["thing"],
    "vehicle": ["thing"],
    "otter": ["animal"],
    "heron": ["animal"],
    "bream": ["animal"],
    "kayak": ["vehicle"],
    "tram": ["vehicle"],
    "barge": ["vehicle"],
    "Old_Bess": ["barge"],
}


@pytest.fixture
def noun_file(tmp_path):
    """Path of the file; the last noun is an instance."""
    offsets = {name: f"{number:08d}" for number, name in enumerate(NOUNS, start=100)}
    lines = ["  1 A first line that belongs to the licence."]
    for name, parents in NOUNS.items():
        sign = "@i" if name[0].isupper() else "@"
        pointers = "".join(f" {sign} {offsets[parent]} n 0000" for parent in parents)
        gloss = f"what one calls a {name.replace('_', ' ')}; an example that is not kept"
        lines.append(f"{offsets[name]} 03 n 01 {name} 0 {len(parents):03d}{pointers} | {gloss}")
    path = tmp_path / "nouns.noun"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def taxonomy(noun_file):
    """The nouns, each category a type."""
    return read_wordnet(noun_file, min_members=1)


@pytest.fixture
def command(tmp_path):
    """Runs `nerret train` with a recipe of these steps on the files of the folder; gives the result."""

    def train(*steps, out="out", start=None):
        recipe = tmp_path / "recipe.json"
        recipe.write_text(json.dumps({"start": start, "steps": steps}), encoding="utf-8")
        arguments = ["train", tmp_path, "--out", tmp_path / out, "--recipe", recipe]
        return CliRunner().invoke(app, list(map(str, arguments)))

    return train


@pytest.fixture
def labelled_files(tmp_path):
    """Names of a labelled file and its types, in the folder of the noun file."""
    marked = [
        ("The Danube rose.", 4, 10, "river"),
        ("They met in Ghent.", 12, 17, "town"),
        ("Oslo slept.", 0, 4, "town"),
    ]
    records = [
        {"id": str(number), "text": text, "entities": [{"start": start, "end": end, "type": label}]}
        for number, (text, start, end, label) in enumerate(marked)
    ]
    (tmp_path / "marked.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    (tmp_path / "types.json").write_text(json.dumps({"river": "river", "town": "town or city"}), encoding="utf-8")
    return "marked.jsonl", "types.json"


@pytest.fixture
def typed_file(tmp_path):
    """Twenty of each of four passages with free-text types, so that some are held back and some are not."""
    passages = [
        ("Tavo sells trams, Brundle sells trams. Ole left.", {"Tavo": ["German tram maker", "maker"]}),
        ("Ardent and Brundle grew.", {"Ardent": ["French tram maker", "maker"], "Brundle": ["kayak maker", "maker"]}),
        ("An otter bit Ole.", {"otter": ["river otter", "otter"], "Ole": ["male skipper", "skipper"]}),
        ("Ida steers.", {"Ida": ["female skipper", "German skipper", "skipper"]}),
    ]
    lines = []
    for number in range(20):
        for place, (text, mentions) in enumerate(passages):
            entities = [
                {"start": text.index(name), "end": text.index(name) + len(name), "types": types}
                for name, types in mentions.items()
            ]
            lines.append({"id": f"{number}-{place}", "text": text, "complete": False, "entities": entities})
    path = tmp_path / "typed.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path
