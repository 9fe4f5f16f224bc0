"""What the MCP server adds to a call of the SDK, and how soon it answers.

    python benchmarks/mcp_overhead.py [--documents N] [--rounds N] [--json]

Needs nerret-tools[mcp]. An index of made-up documents is searched in this process by `EntityIndex.find` and, over
stdio and over HTTP, by the server in another one, in turns; both ask for the same page. "Added" is the difference of
the medians. The client is a bare one that parses the answer: what clients do beyond that (the Python SDK's validates
every page against the schema) is theirs. The handshake is timed from the start of the process to the answer.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from machine import processor

from nerret_tools import Document, EntityIndex

TOOL = "find_documents_with_entity_type"
TYPE = "city"
PAGES = ((20, "concise"), (50, "concise"), (200, "concise"), (50, "detailed"), (200, "detailed"))
WARM_UP = 3
NAMES = ("Oslo", "Lima", "Quito", "Cairo", "Perth", "Lufthansa", "Microraptor", "Etna", "Verdi", "Orinoco")
WORDS = ("later", "people", "came", "slowly", "into", "the", "market", "with", "wooden", "boxes", "of", "fruit")

INITIALIZE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "benchmark", "version": "1"}}


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
        handshakes = []
        for _ in range(5):
            client = Stdio(places[1])
            handshakes.append(client.handshake)
            client.close()
        measured = compare(*places, arguments.rounds)
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


class Stdio:
    """A bare client of a server that it starts."""

    def __init__(self, place: Path) -> None:
        command = [sys.executable, "-m", "nerret_mcp", "--index", str(place)]
        self.began = time.perf_counter()
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._number = 0
        self.request("initialize", INITIALIZE)
        self.handshake = time.perf_counter() - self.began

    def request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send a request; give the result."""
        self._number += 1
        message = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())["result"]

    def close(self) -> None:
        """End the server."""
        self._process.stdin.close()
        self._process.wait()


class Http:
    """A bare client of a server that it starts, with a connection for each request."""

    def __init__(self, place: Path) -> None:
        flags = ["--index", str(place), "--transport", "http", "--port", "0"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nerret_mcp", *flags], stderr=subprocess.PIPE, text=True
        )
        self._address = urlsplit(self._process.stderr.readline().removeprefix("listening on ").strip())
        self._connection = http.client.HTTPConnection(self._address.hostname, self._address.port)
        self._headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        self.request("initialize", INITIALIZE)

    def request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send a request; give the result, which comes as the last server-sent event."""
        content = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        self._connection.request("POST", self._address.path, content, self._headers)
        answer = self._connection.getresponse()
        if session := answer.headers.get("Mcp-Session-Id"):
            self._headers["Mcp-Session-Id"] = session
        content = answer.read()
        self._connection.close()
        events = [line[6:] for line in content.decode().split("\n") if line.startswith("data: {")]
        return json.loads(events[-1])["result"]

    def close(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait()


def compare(sdk: Path, stdio: Path, over_http: Path, rounds: int) -> list[dict[str, Any]]:
    """Medians in seconds of the same page by each way."""
    clients = {"stdio": Stdio(stdio), "http": Http(over_http)}
    with EntityIndex.open(sdk, create=False) as index:
        measured = [one_page(index, clients, limit, shape, rounds) for limit, shape in PAGES]
    for client in clients.values():
        client.close()
    return measured


def one_page(
    index: EntityIndex, clients: dict[str, Stdio | Http], limit: int, shape: str, rounds: int
) -> dict[str, Any]:
    """Medians for one kind of page; the first calls, which wait for the models, are not counted."""
    question = {"entity_type": TYPE, "limit": limit, "min_relevance": 0.0, "response_format": shape}
    taken: dict[str, list[float]] = {"sdk": [], "stdio": [], "http": []}
    returned = limit
    for _ in range(rounds + WARM_UP):
        began = time.perf_counter()
        index.find(TYPE, limit=returned, min_relevance=0.0)
        taken["sdk"].append(time.perf_counter() - began)
        for name, client in clients.items():
            began = time.perf_counter()
            result = client.request("tools/call", {"name": TOOL, "arguments": question})
            taken[name].append(time.perf_counter() - began)
            returned = result["structuredContent"]["returned"]
    medians = {name: median(values[WARM_UP:]) for name, values in taken.items()}
    added = {f"{name} adds": medians[name] - medians["sdk"] for name in clients}
    return {"limit": limit, "format": shape, "returned": returned, **medians, **added}


def as_text(summary: dict[str, Any]) -> str:
    """The summary for people."""
    lines = [
        f"{summary['documents']:,} documents; handshake {summary['handshake']:.2f} s (median of 5 cold starts)",
        processor(),
        "limit  format    returned  SDK ms  stdio ms  added  HTTP ms  added   (medians)",
    ]
    for page in summary["pages"]:
        times = [1_000 * page[name] for name in ("sdk", "stdio", "stdio adds", "http", "http adds")]
        lines.append(
            f"{page['limit']:5}  {page['format']:8}  {page['returned']:8}  {times[0]:6.1f}  {times[1]:8.1f}"
            f"  {times[2]:5.1f}  {times[3]:7.1f}  {times[4]:5.1f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
