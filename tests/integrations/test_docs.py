"""The Python blocks of the two guides run, one after the other, as the guides say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("guide", ["langchain.md", "llama-index.md"])
def test_a_guide_runs_from_top_to_bottom(guide, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / guide).read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 3
    names = {}
    for block in blocks:
        exec(compile(block, guide, "exec"), names)
    assert capsys.readouterr().out.strip()
