"""The agent example as a user runs it."""

import os
import re
import subprocess
import sys
from pathlib import Path

from nerret_tools import Document, EntityIndex

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "agent_over_mcp.py"
NAMES = ("Microraptor", "Diplodocus", "Triceratops", "Stegosaurus", "Velociraptor")


def test_it_lists_the_documents_that_are_right_and_says_how_many_it_set_aside(tmp_path):
    folder = tmp_path / "index"
    texts = {f"{name}-{number}": f"A {name} skull, number {number}." for name in NAMES for number in range(6)}
    right = set(texts)
    texts |= {f"train-{number}": f"A train left Oslo, number {number}." for number in range(40)}
    with EntityIndex.open(folder) as index:
        index.add(Document(id=key, text=text) for key, text in texts.items())
    paths = os.pathsep.join([str(ROOT), str(ROOT / "servers"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(EXAMPLE), "dinosaur", str(folder)]
    environment = {**os.environ, "PYTHONPATH": paths}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    first, *lines, last = result.stdout.splitlines()
    kept = [re.match(r"\[(.+?)\] (.+)", line)[1] for line in lines]
    assert re.fullmatch(rf"{len(kept)} of \d+ documents mention: dinosaur", first)
    assert len(kept) == len(set(kept)) > 10
    assert set(kept) <= right
    assert all(any(name in line for name in NAMES) for line in lines)
    assert "were set aside" in last
