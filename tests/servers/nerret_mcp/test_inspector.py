"""An independent client: the command line of the MCP inspector, over stdio and over HTTP."""

import json
import subprocess
import sys

import pytest

TOOL = "find_documents_with_entity_type"


@pytest.fixture
def inspect(node_command):
    command, variables = node_command("mcp-inspector")

    def run(server, method, *flags):
        words = [command, "--cli", *server, "--method", method, *flags]
        result = subprocess.run(words, env=variables, capture_output=True, text=True, timeout=300, check=False)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run


@pytest.fixture
def page_through(inspect):
    """The ids of all pages of an answer, following the cursors."""

    def ids(server, **arguments):
        found, more = [], {}
        while True:
            given = [word for key, value in {**arguments, **more}.items() for word in ("--tool-arg", f"{key}={value}")]
            page = inspect(server, "tools/call", "--tool-name", TOOL, *given)["structuredContent"]
            found += [document["document_id"] for document in page["documents"]]
            if "next_cursor" not in page:
                return found
            more = {"cursor": page["next_cursor"]}

    return ids


def test_over_stdio_it_lists_the_tools_and_pages_to_the_end(inspect, page_through, environment, foreign_place, index):
    passed_on = [word for key in ("PYTHONPATH", "HF_HUB_OFFLINE") for word in ("-e", f"{key}={environment[key]}")]
    server = [*passed_on, sys.executable, "-m", "nerret_mcp", "--index", str(foreign_place)]
    names = {tool["name"] for tool in inspect(server, "tools/list")["tools"]}
    assert {TOOL, "get_document", "list_collections"} <= names
    expected = [hit.document_id for hit in index.find("dinosaur").hits]
    assert page_through(server, entity_type="dinosaur", limit=10) == expected


def test_over_http_it_pages_small_and_large_types_to_the_end(page_through, serving, foreign_place, index):
    few = [hit.document_id for hit in index.find("dinosaur").hits]
    many = [hit.document_id for hit in index.find("city", min_relevance=0).hits]
    assert len(many) > 1_000
    with serving(foreign_place) as address:
        assert page_through([address], entity_type="dinosaur", limit=7) == few
        assert page_through([address], entity_type="city", min_relevance=0, limit=1000) == many
