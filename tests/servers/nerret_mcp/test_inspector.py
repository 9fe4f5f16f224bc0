"""An independent client: the command line of the MCP inspector, over stdio and over HTTP."""

import json
import subprocess
import sys

import pytest

from .conftest import TOOL, ids


@pytest.fixture
def check(inspect, index):
    """All pages of an answer, following the cursors, must be the engine's answer."""

    def pages(server, **asked):
        found, more = [], {}
        while True:
            given = [word for key, value in {**asked, **more}.items() for word in ("--tool-arg", f"{key}={value}")]
            page = inspect(server, "tools/call", "--tool-name", TOOL, *given)["structuredContent"]
            found += [document["document_id"] for document in page["documents"]]
            if "next_cursor" not in page:
                break
            more = {"cursor": page["next_cursor"]}
        del asked["limit"]
        assert found == ids(index.find(asked.pop("entity_type"), **asked))
        assert more

    return pages


def test_over_stdio_it_lists_the_tools_and_pages_to_the_end(inspect, check, environment, foreign_place):
    passed_on = [word for key in ("PYTHONPATH", "HF_HUB_OFFLINE") for word in ("-e", f"{key}={environment[key]}")]
    server = [*passed_on, sys.executable, "-m", "nerret_mcp", "--index", str(foreign_place)]
    names = {tool["name"] for tool in inspect(server, "tools/list")["tools"]}
    assert {TOOL, "get_document", "list_collections"} <= names
    check(server, entity_type="dinosaur", limit=15)


def test_over_http_it_pages_small_and_large_types_to_the_end(check, serving, foreign_place):
    with serving(foreign_place) as address:
        check([address], entity_type="dinosaur", limit=15)
        check([address], entity_type="city", min_relevance=0, limit=1000)


@pytest.fixture
def inspect(node_command):
    command, variables = node_command("mcp-inspector")

    def run(server, method, *flags):
        words = [command, "--cli", *server, "--method", method, *flags]
        result = subprocess.run(words, env=variables, capture_output=True, text=True, timeout=300, check=False)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run
