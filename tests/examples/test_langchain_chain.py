"""The LangChain example as a user runs it."""

import subprocess
import sys
from pathlib import Path

from nerret_tools import EntityIndex

EXAMPLE = Path(__file__).parents[2] / "examples" / "langchain_chain.py"


def test_it_cites_every_document_in_order_with_its_best_mention(tmp_path):
    command = [sys.executable, str(EXAMPLE), "dinosaur", str(tmp_path / "index")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    with EntityIndex.open(tmp_path / "index", create=False) as index:
        expected = [f"[{hit.document_id}] {hit.mentions[0].text}" for hit in index.find("dinosaur").hits]
    assert expected
    assert result.stdout.splitlines() == expected
