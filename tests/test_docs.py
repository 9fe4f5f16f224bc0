"""The first Python block of each guide runs, and shows what the guide says."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize(
    ("guide", "shown"),
    [
        ("archetypes.md", [r"^Angela Merkel 0 13 politician Person ", r"\nLeipzig 25 32 city"]),
        ("entities.md", ["Angela Merkel 3 "]),
        ("review.md", ["2 of 3 documents were found to mention “airline”"]),
    ],
)
def test_a_guide_shows_what_it_says(guide, shown, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    block = re.findall(r"```python\n(.*?)```", (DOCS / guide).read_text(encoding="utf-8"), re.DOTALL)[0]
    exec(compile(block, guide, "exec"), {})
    printed = capsys.readouterr().out
    assert all(re.search(words, printed) for words in shown), printed
    assert (tmp_path / "airlines.csv").is_file() == (guide == "review.md")
