"""Where indexes are kept and how they are named: servers, latecomers, a place without a default."""

import subprocess
import sys
from contextlib import asynccontextmanager

import anyio
import pytest
from mcp import Client

from nerret_mcp.library import Library
from nerret_mcp.options import Options
from nerret_mcp.server import create_server
from nerret_tools import Document, EntityIndex
from nerret_tools.errors import IndexNotFoundError

pytestmark = pytest.mark.anyio

TOOL = "find_documents_with_entity_type"


def fill(place, name, text="Etna smokes."):
    with EntityIndex.open(place, name) as index:
        index.add([Document(id=f"of {name}", text=text, spans=[(0, 4)])])


@asynccontextmanager
async def client_of(place, **options):
    library = Library(str(place), **options)
    library.check()
    try:
        with anyio.fail_after(60):
            async with Client(create_server(library, Options(index=str(place)))) as client:
                yield client
    finally:
        await anyio.to_thread.run_sync(library.close)


async def found(client, **arguments):
    result = await client.call_tool(TOOL, {"entity_type": "volcano", "min_relevance": 0, **arguments})
    if result.is_error:
        return result.content[0].text
    return [document["document_id"] for document in result.structured_content["documents"]]


async def test_an_index_on_a_chroma_server_is_served(shared_server):
    fill(shared_server.address, "on-a-server")
    async with client_of(shared_server.address, collection="on-a-server") as client:
        assert await found(client) == ["of on-a-server"]


async def test_the_only_index_needs_no_name(tmp_path):
    fill(tmp_path, "alone")
    async with client_of(tmp_path) as client:
        assert await found(client) == ["of alone"]


async def test_where_there_are_several_and_none_is_the_default_a_call_must_choose(tmp_path):
    fill(tmp_path, "one")
    fill(tmp_path, "two")
    async with client_of(tmp_path) as client:
        assert "name one in `collection`: one, two" in await found(client)
        assert await found(client, collection="two") == ["of two"]
    async with client_of(tmp_path, collection="one") as client:
        assert await found(client) == ["of one"]


async def test_an_index_that_is_made_later_can_be_asked(tmp_path):
    fill(tmp_path, "default")
    async with client_of(tmp_path) as client:
        assert "valid collections: default" in await found(client, collection="later")
        fill(tmp_path, "later")
        assert await found(client, collection="later") == ["of later"]
        listed = await client.call_tool("list_collections", {})
        assert [one["name"] for one in listed.structured_content["collections"]] == ["default", "later"]


def test_a_name_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    fill(tmp_path, "one")
    library = Library(str(tmp_path), collection="three")
    with pytest.raises(IndexNotFoundError, match=r"'three' .* there are: one"):
        library.check()
    library.close()


def test_without_the_extra_the_import_error_names_it(environment):
    script = "import sys; sys.modules['mcp'] = None; import nerret_mcp"
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 1
    assert "pip install 'nerret-tools[mcp]'" in result.stderr
