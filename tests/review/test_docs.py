"""The guide's first block runs and ends with a certificate."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "review.md"


def test_the_guide_reviews_to_the_end(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    block = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[0]
    exec(compile(block, GUIDE.name, "exec"), {})
    assert "2 of 3 documents were found to mention “airline”" in capsys.readouterr().out
    assert (tmp_path / "airlines.csv").is_file()
