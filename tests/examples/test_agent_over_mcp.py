"""The agent example as a user runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from nerret_tools import Document, EntityIndex

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "agent_over_mcp.py"
NAMES = ("Microraptor", "Diplodocus", "Triceratops", "Stegosaurus", "Velociraptor")


def test_it_lists_every_document_once_in_order_with_its_best_mention(tmp_path):
    folder = tmp_path / "index"
    texts = {f"{name}-{number}": f"A {name} skull, number {number}." for name in NAMES for number in range(6)}
    with EntityIndex.open(folder) as index:
        index.add(
            Document(id=key, text=text, spans=[(2, 2 + len(key.partition("-")[0]))]) for key, text in texts.items()
        )
        expected = [(hit.document_id, hit.mentions[0].text) for hit in index.find("dinosaur").hits]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "servers"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(EXAMPLE), "dinosaur", str(folder)]
    environment = {**os.environ, "PYTHONPATH": paths}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)
    first, *lines = result.stdout.splitlines()
    assert len(expected) > 10
    assert first == f"{len(expected)} documents mention: dinosaur"
    assert [re.match(r"\[(.+?)\] (.+?) \(", line).groups() for line in lines] == expected
