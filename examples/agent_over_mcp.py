"""An agent over MCP: it pages an entity type as the server's prompt says, checks what is doubtful, and cites.

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
VERIFY = "verify_documents"
SURE = 0.9
"""Relevance from which the stand-in believes a document without checking it."""

BELIEVED = 0.5
"""Relevance from which it believes what verify_documents says."""

AT_ONCE = 200
"""Documents that verify_documents takes."""

WRONG_IN_A_ROW = 30
"""Where the prompt of the server says to stop."""


@dataclass
class ToolCall:
    """What a model asks for; with a name of ``None`` it has finished, and `arguments` holds its answer."""

    name: str | None
    arguments: dict[str, Any]


@dataclass
class StandIn:
    """Does what the server's prompt ``exhaustive_entity_search`` says, with verify_documents in the place of judgement.

    Attributes:
        entity_type: What is asked for.
        found: Document id → relevance and evidence, best first.
        checked: Document id → relevance by verify_documents.
    """

    entity_type: str
    found: dict[str, tuple[float, str]] = field(default_factory=dict)
    checked: dict[str, float] = field(default_factory=dict)
    cursor: str | None = None

    def next_call(self, last: ToolCall | None, text: str) -> ToolCall:
        """Choose the next step from the text of the last tool's answer."""
        if last is None:
            return self._page()
        header, *lines = text.split("\n")
        if last.name == FIND:
            for line in lines:
                document_id, relevance, _, names, _ = line.split("\t")
                self.found[_id(document_id)] = (float(relevance), names.split(" | ")[0])
            more = re.search(r"call again with cursor=(\S+)", header)
            self.cursor = more[1] if more else None
        else:
            rows = (line.split("\t") for line in lines)
            self.checked |= {_id(document_id): float(relevance) for document_id, relevance, *_ in rows}
        doubtful = [
            name for name, (relevance, _) in self.found.items() if relevance < SURE and name not in self.checked
        ]
        if doubtful and not self._may_stop():
            arguments = {"document_ids": doubtful[:AT_ONCE], "entity_type": self.entity_type}
            return ToolCall(VERIFY, arguments)
        if self.cursor and not self._may_stop():
            return self._page(cursor=self.cursor)
        return ToolCall(None, {"answer": self._answer()})

    @property
    def kept(self) -> list[str]:
        """Ids of the documents that it believes, best first."""
        return [
            name
            for name, (relevance, _) in self.found.items()
            if relevance >= SURE or self.checked.get(name, 0.0) >= BELIEVED
        ]

    def _may_stop(self) -> bool:
        """Whether the last documents were all wrong."""
        kept, last = set(self.kept), list(self.found)[-WRONG_IN_A_ROW:]
        return len(last) == WRONG_IN_A_ROW and all(name in self.checked and name not in kept for name in last)

    def _page(self, **cursor: str) -> ToolCall:
        options = {"recall": 0.95, "response_format": "detailed"}
        return ToolCall(FIND, {"entity_type": self.entity_type, **options, **cursor})

    def _answer(self) -> str:
        lines = [f"{len(self.kept)} of {len(self.found)} documents mention: {self.entity_type}"]
        lines += [f"[{name}] {self.found[name][1]}" for name in self.kept]
        lines.append(
            f"{len(self.found) - len(self.kept)} were set aside; names that the index missed are not among these"
        )
        return "\n".join(lines)


def _id(shown: str) -> str:
    """A document's id as it was; one that is not safe in a line is shown as JSON."""
    return str(json.loads(shown)) if shown.startswith('"') else shown


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
