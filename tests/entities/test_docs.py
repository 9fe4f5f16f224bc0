"""The guide's first block runs and shows what the guide says."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "entities.md"


def test_the_guide_lists_what_it_says(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    block = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[0]
    exec(compile(block, GUIDE.name, "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert "Angela Merkel 3 " in "\n".join(lines)
