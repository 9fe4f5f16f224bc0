"""What an agent gets that is told to leave nothing out: right documents of those there, tokens, calls.

    python benchmarks/exhaustive_jobs.py LABELLED… [--types mountain airline politician] [--documents N] [--json]

Needs nerret-tools[mcp]. The demo corpus, and the first N documents of each further file of labelled JSON lines among
it, are indexed with detected spans and served; the scripted agent of examples/agent_over_mcp.py does each job as the
server's prompt says. "Right" and "there" are by the labels of the demo corpus: in the other files these types may be
there unmarked, so that what is listed of them is counted apart. Tokens: a quarter of the characters of all answers,
as text. "By default": right documents on the list that the tool gives without recall, for comparison. "Evidence":
tokens of one detailed page with the first 154 documents over relevance 0.05, and how many these are.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from mcp import Client

from nerret_mcp import create_server
from nerret_mcp.library import Library
from nerret_mcp.options import Options
from nerret_tools import EntityIndex

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "examples"))

from agent_over_mcp import CORPUS, FIND, StandIn  # noqa: E402  # found by the line above

TYPES = ("mountain", "airline", "politician")
CHARACTERS_A_TOKEN = 4
EVIDENCE = 154


def main() -> None:
    """Parse the arguments, do the jobs, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", nargs="*", type=Path)
    parser.add_argument("--types", nargs="+", default=TYPES, help="labels of the demo corpus")
    parser.add_argument("--documents", type=int, default=1_500, help="of each further file (default 1500)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    demo = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory(prefix="nerret-jobs-") as folder:
        with EntityIndex.open(folder) as index:
            index.add({"id": one["id"], "text": one["text"]} for one in demo)
            for path in options.labelled:
                lines = path.read_text(encoding="utf-8").splitlines()[: options.documents]
                index.add({"id": one["id"], "text": one["text"]} for one in map(json.loads, lines))
        jobs = asyncio.run(do_jobs(folder, options.types, demo))
    if options.json:
        print(json.dumps(jobs, indent=1))
        return
    print(f"{'type':14}{'there':>7}{'by default':>12}{'kept right':>12}{'kept else':>11}", end="")
    print(f"{'calls':>7}{'tokens':>9}{'evidence':>15}")
    for one in jobs:
        print(
            "{type:14}{there:>7}{default:>12}{right:>12}{others:>11}{calls:>7}{tokens:>9,}{evidence:>15}".format(**one)
        )


async def do_jobs(folder: str, types: list[str], demo: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Do each job over the served index."""
    queries = json.loads((CORPUS.parent / "types.json").read_text(encoding="utf-8"))
    library = Library(folder)
    library.check()
    found = []
    async with Client(create_server(library, Options(index=folder))) as client:
        for label in types:
            there = {one["id"] for one in demo if any(entity["type"] == label for entity in one["entities"])}
            labelled = {one["id"] for one in demo}
            first = await client.call_tool(FIND, {"entity_type": queries[label], "limit": 1_000})
            default = {one["document_id"] for one in (first.structured_content or {})["documents"]}
            wide = {"entity_type": queries[label], "limit": EVIDENCE, "min_relevance": 0.05}
            evidence = (await client.call_tool(FIND, {**wide, "response_format": "detailed"})).content[0]
            shown = evidence.text if evidence.type == "text" else ""
            model, last, text, calls, characters = StandIn(queries[label]), None, "", 0, 0
            while (call := model.next_call(last, text)).name is not None:
                answer = await client.call_tool(call.name, call.arguments)
                text = "\n".join(block.text for block in answer.content if block.type == "text")
                if answer.is_error:
                    raise SystemExit(text)
                calls, characters, last = calls + 1, characters + len(text), call
            kept = set(model.kept)
            found.append(
                {
                    "type": label,
                    "there": len(there),
                    "default": len(default & there),
                    "right": len(kept & there),
                    "wrong": len(kept & labelled - there),
                    "others": len(kept - labelled),
                    "listed": len(model.found),
                    "calls": calls,
                    "tokens": characters // CHARACTERS_A_TOKEN,
                    "evidence": f"{len(shown) // CHARACTERS_A_TOKEN:,} of {shown.count(chr(10))}",
                }
            )
    library.close()
    return found


if __name__ == "__main__":
    main()
