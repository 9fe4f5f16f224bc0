"""The Python blocks of the two guides run, one after the other, and show what the guides say."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"

FOUND = {
    "auction": "A tooth of Stegosaurus was sold in Lima.",
    "museum": "The museum shows a skeleton of Velociraptor.",
}
NAMES = {"auction": "Stegosaurus", "museum": "Velociraptor"}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """What each block of a guide prints, by number."""

    def printed(guide):
        monkeypatch.chdir(tmp_path)
        blocks = re.findall(r"```python\n(.*?)```", (DOCS / guide).read_text(encoding="utf-8"), re.DOTALL)
        names, outputs = {}, []
        for block in blocks:
            exec(compile(block, guide, "exec"), names)
            outputs.append(capsys.readouterr().out)
        return names, outputs

    return printed


def check_list(lines):
    """A line for each of the two documents, with its dinosaur among the mentions."""
    assert {line.split()[0] for line in lines} == set(FOUND)
    for line in lines:
        assert f"'{NAMES[line.split()[0]]}'" in line


def test_the_langchain_guide(run):
    names, (found, options, documents, entities, chain, _) = run("langchain.md")
    check_list(found.splitlines())
    assert options == ""
    assert documents == "1 []\n"
    assert "quartet [('Mozart', 'composer')" in entities
    prompted, told = chain.split("Name every dinosaur in:\n")[1].split("2 of 2 documents")
    assert all(text in prompted for text in FOUND.values())
    assert {line.split("\t")[0] for line in told.splitlines()[1:]} == set(FOUND)
    assert [one.metadata["id"] for one in names["documents"]] == ["auction", "museum", "quartet"]


def test_the_llama_index_guide(run):
    _, (found, engine, upserts) = run("llama-index.md")
    check_list(found.splitlines())
    answer, listed = engine.split("2 of 2 documents")
    assert all(text in answer for text in FOUND.values())
    assert "Mozart" not in answer
    assert {line.split("\t")[0] for line in listed.splitlines()[1:]} == set(FOUND)
    assert upserts.splitlines()[-1] == "[]"
