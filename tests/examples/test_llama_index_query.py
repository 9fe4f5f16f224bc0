"""The LlamaIndex example as a user runs it."""

import subprocess
import sys
from pathlib import Path

from nerret_tools import EntityIndex

EXAMPLE = Path(__file__).parents[2] / "examples" / "llama_index_query.py"


def test_it_answers_from_every_document_and_lists_them_in_order(tmp_path):
    command = [sys.executable, str(EXAMPLE), "dinosaur", str(tmp_path / "index")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    with EntityIndex.open(tmp_path / "index", create=False) as index:
        hits = index.find("dinosaur").hits
    answer, sources = result.stdout.split("\nSources:\n")
    assert hits
    assert all(hit.document.text in answer for hit in hits)
    names = [", ".join(mention.text for mention in hit.mentions) for hit in hits]
    assert sources.splitlines() == [f"[{hit.document_id}] {text}" for hit, text in zip(hits, names, strict=True)]
