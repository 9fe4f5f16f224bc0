"""What the MCP server adds to a call of the SDK, and how soon it answers.

    python benchmarks/mcp_overhead.py [--documents N] [--rounds N] [--json]

Needs nerret-tools[mcp]. An index of made-up documents is searched in this process by `EntityIndex.find` and, over
stdio and over HTTP, by the server in another one, in turns; both ask for the same page. "Added" is the difference of
the medians. The handshake is timed from the start of the process to the answer, without torch being imported.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from mcp import Client, StdioServerParameters

from nerret_tools import Document, EntityIndex

TOOL = "find_documents_with_entity_type"
TYPE = "city"
PAGES = (20, 50, 200)
NAMES = ("Oslo", "Lima", "Quito", "Cairo", "Perth", "Lufthansa", "Microraptor", "Etna", "Verdi", "Orinoco")
WORDS = ("later", "people", "came", "slowly", "into", "the", "market", "with", "wooden", "boxes", "of", "fruit")

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "b", "version": "1"}},
}


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=2_000, help="in the index (default 2000)")
    parser.add_argument("--rounds", type=int, default=30, help="calls of each kind (default 30)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nerret-benchmark-") as folder:
        places = [Path(folder, name) for name in ("sdk", "stdio", "http")]
        with EntityIndex.open(places[0]) as index:
            index.add(documents(arguments.documents))
        for place in places[1:]:
            shutil.copytree(places[0], place)
        handshakes = [handshake(places[1]) for _ in range(5)]
        measured = asyncio.run(compare(*places, arguments.rounds))
    summary = {"documents": arguments.documents, "handshake": median(handshakes), "pages": measured}
    print(json.dumps(summary, indent=1) if arguments.json else as_text(summary))


def documents(count: int) -> Iterator[Document]:
    """Sentences with two names each, and a title."""
    world = random.Random(7)
    for number in range(count):
        words = world.choices(WORDS, k=24)
        words[3], words[14] = world.sample(NAMES, 2)
        text = " ".join(words) + "."
        spans = [(text.index(name), text.index(name) + len(name)) for name in (words[3], words[14])]
        yield Document(id=f"document-{number:06}", text=text, metadata={"title": f"Report {number}"}, spans=spans)


def handshake(place: Path) -> float:
    """Seconds from the start of a server to its first answer."""
    began = time.perf_counter()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-m", "nerret_mcp", "--index", str(place)], **pipes) as process:
        process.stdin.write(json.dumps(INITIALIZE) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        taken = time.perf_counter() - began
        process.stdin.close()
    return taken


async def compare(sdk: Path, stdio: Path, http: Path, rounds: int) -> list[dict[str, float]]:
    """Medians in seconds of the same page by each way."""
    command = ["-m", "nerret_mcp", "--index"]
    parameters = StdioServerParameters(command=sys.executable, args=[*command, str(stdio)], env=dict(os.environ))
    listening = [sys.executable, *command, str(http), "--transport", "http", "--port", "0"]
    with (
        EntityIndex.open(sdk, create=False) as index,
        subprocess.Popen(listening, stderr=subprocess.PIPE, text=True) as process,
    ):
        address = process.stderr.readline().removeprefix("listening on ").strip()
        async with Client(parameters) as by_stdio, Client(address) as by_http:
            measured = [await one_page(index, by_stdio, by_http, limit, rounds) for limit in PAGES]
        process.terminate()
    return measured


async def one_page(index: EntityIndex, by_stdio: Client, by_http: Client, limit: int, rounds: int) -> dict[str, float]:
    """Medians for one page size; the first calls are not counted."""
    question = {"entity_type": TYPE, "limit": limit, "min_relevance": 0.0}
    taken: dict[str, list[float]] = {"sdk": [], "stdio": [], "http": []}
    returned = 0
    for _ in range(rounds + 2):
        began = time.perf_counter()
        index.find(TYPE, limit=limit, min_relevance=0.0)
        taken["sdk"].append(time.perf_counter() - began)
        for name, client in (("stdio", by_stdio), ("http", by_http)):
            began = time.perf_counter()
            result = await client.call_tool(TOOL, question)
            taken[name].append(time.perf_counter() - began)
            returned = result.structured_content["returned"]
    medians = {name: median(values[2:]) for name, values in taken.items()}
    added = {f"{name} adds": medians[name] - medians["sdk"] for name in ("stdio", "http")}
    return {"limit": limit, "returned": returned, **medians, **added}


def as_text(summary: dict) -> str:
    """The summary for people."""
    lines = [
        f"{summary['documents']:,} documents; handshake {summary['handshake']:.2f} s (median of 5 cold starts)",
        "page  returned  SDK ms  stdio ms  added  HTTP ms  added   (medians)",
    ]
    for page in summary["pages"]:
        times = [1_000 * page[name] for name in ("sdk", "stdio", "stdio adds", "http", "http adds")]
        lines.append(
            f"{page['limit']:4}  {page['returned']:8}  {times[0]:6.1f}  {times[1]:8.1f}  {times[2]:5.1f}"
            f"  {times[3]:7.1f}  {times[4]:5.1f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
