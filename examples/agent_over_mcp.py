"""An agent over MCP: it pages an entity type to the end, checks what is doubtful, and prints a cited list.

Run it with a type and, if there is one already, the folder of an index:

    python examples/agent_over_mcp.py "programming language"
    python examples/agent_over_mcp.py airline my-index

The language model is a stand-in that needs no key: it reads the same text that a model would read, and
answers with tool calls. Put a model of your own in its place; the loop around it stays as it is.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

from nerret_tools import EntityIndex

CORPUS = Path(__file__).parents[1] / "demo" / "corpus.jsonl"
FIND = "find_documents_with_entity_type"
PAGE = 10
SURE = 0.9
"""Relevance from which the stand-in believes a document without reading it."""


@dataclass
class ToolCall:
    """What a model asks for; with a name of ``None`` it has finished, and `arguments` holds its answer."""

    name: str | None
    arguments: dict[str, Any]


@dataclass
class StandIn:
    """Acts as a language model does that was told to leave nothing out."""

    entity_type: str
    found: dict[str, tuple[float, str]] = field(default_factory=dict)
    read: dict[str, str] = field(default_factory=dict)
    more: str | None = None

    def next_call(self, last: ToolCall | None, text: str) -> ToolCall:
        """Choose the next step from the text of the last tool's answer."""
        if last is None:
            return self._page()
        if last.name == FIND:
            header, *lines = text.split("\n")
            for line in lines:
                document_id, relevance, _, _, mentions, _ = line.split("\t")
                self.found[document_id] = (float(relevance), mentions.split(" | ")[0])
            cursor = re.search(r"call again with cursor=(\S+)", header)
            if cursor:
                return self._page(cursor=cursor[1])
        else:
            self.read[last.arguments["document_id"]] = text.split("\n\n", 1)[1]
        for document_id, (relevance, _) in self.found.items():
            if relevance < SURE and document_id not in self.read:
                return ToolCall("get_document", {"document_id": document_id})
        return ToolCall(None, {"answer": self._answer()})

    def _page(self, **cursor: str) -> ToolCall:
        return ToolCall(FIND, {"entity_type": self.entity_type, "limit": PAGE, **cursor})

    def _answer(self) -> str:
        lines = [f"{len(self.found)} documents mention: {self.entity_type}"]
        for document_id, (relevance, mention) in self.found.items():
            quoted = f" — “{self.read[document_id]}”" if document_id in self.read else ""
            lines.append(f"[{document_id}] {mention} ({relevance:.2f}){quoted}")
        return "\n".join(lines)


async def run_agent(client: Client, model: StandIn) -> str:
    """Let the model call tools until it has an answer."""
    last, text = None, ""
    while True:
        call = model.next_call(last, text)
        if call.name is None:
            return str(call.arguments["answer"])
        result = await client.call_tool(call.name, call.arguments)
        text = "\n".join(block.text for block in result.content if block.type == "text")
        if result.is_error:
            raise SystemExit(text)
        last = call


async def main(entity_type: str, folder: str) -> None:
    """Start the server on the folder, ask, print."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "nerret_mcp", "--index", folder], env=dict(os.environ)
    )
    async with Client(server) as client:
        print(await run_agent(client, StandIn(entity_type)))


def index_demo(folder: str) -> None:
    """Index the demo sentences."""
    with EntityIndex.open(folder) as index, CORPUS.open(encoding="utf-8") as lines:
        index.add({"id": line["id"], "text": line["text"]} for line in map(json.loads, lines))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        asked, *place = sys.argv[1:] or ["dinosaur"]
        if not place:
            index_demo(temporary)
        asyncio.run(main(asked, place[0] if place else temporary))
