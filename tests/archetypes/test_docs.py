"""The first block of the guide runs and shows what the guide says."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "archetypes.md"


def test_the_guide_extracts_what_it_asks_for(capsys):
    block = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[0]
    exec(compile(block, GUIDE.name, "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("Angela Merkel 0 13 politician Person ")
    assert any(line.startswith("Leipzig 25 32 city") for line in printed)
