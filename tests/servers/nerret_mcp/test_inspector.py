"""An independent client: the MCP inspector's command line, where Node and the package are at hand.

``npm install @modelcontextprotocol/inspector`` anywhere, then name the folder in NERRET_NODE_MODULES; or have
``mcp-inspector`` on the path.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = "find_documents_with_entity_type"


@pytest.fixture(scope="module")
def inspector():
    named = os.environ.get("NERRET_NODE_MODULES")
    places = [str(Path(named) / ".bin")] if named else []
    found = shutil.which("mcp-inspector", path=os.pathsep.join([*places, os.environ.get("PATH", "")]))
    if shutil.which("node") is None or found is None:
        pytest.skip("needs Node and @modelcontextprotocol/inspector (npm install; see this file's first lines)")
    return found


@pytest.fixture
def inspect(inspector, environment, foreign_place):
    def run(method, *flags):
        server = [sys.executable, "-m", "nerret_mcp", "--index", str(foreign_place)]
        variables = [word for key in ("PYTHONPATH", "HF_HUB_OFFLINE") for word in ("-e", f"{key}={environment[key]}")]
        command = [inspector, "--cli", *variables, *server, "--method", method, *flags]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run


def test_it_lists_the_tools(inspect):
    names = {tool["name"] for tool in inspect("tools/list")["tools"]}
    assert names == {TOOL, "get_document", "list_collections"}


def test_it_pages_to_the_end(inspect, index):
    found, flags = [], []
    while True:
        arguments = ["--tool-arg", "entity_type=dinosaur", "--tool-arg", "limit=4", *flags]
        page = inspect("tools/call", "--tool-name", TOOL, *arguments)["structuredContent"]
        found += [document["document_id"] for document in page["documents"]]
        if page["next_cursor"] is None:
            break
        flags = ["--tool-arg", f"cursor={page['next_cursor']}"]
    assert found == [hit.document_id for hit in index.find("dinosaur").hits]
