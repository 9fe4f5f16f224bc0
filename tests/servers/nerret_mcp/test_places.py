"""Where indexes are kept and how they are named: servers, latecomers, a place without a default."""

import pytest

from nerret_tools import Document, EntityIndex
from nerret_tools.errors import IndexNotFoundError

from .conftest import TOOL, client_of, ids

pytestmark = pytest.mark.anyio


async def found(client, **arguments):
    result = await client.call_tool(TOOL, {"entity_type": "volcano", "min_relevance": 0, **arguments})
    return result.content[0].text if result.is_error else ids(result)


def fill(place, name, text="Etna smokes."):
    with EntityIndex.open(place, name) as index:
        index.add([Document(id=f"of {name}", text=text, spans=[(0, 4)])])


async def test_an_index_on_a_chroma_server_is_served(shared_server):
    fill(shared_server.address, "on-a-server")
    async with client_of(shared_server.address, collection="on-a-server") as client:
        assert await found(client) == ["of on-a-server"]


async def test_the_only_index_needs_no_name_and_of_several_without_a_default_a_call_must_choose_one(tmp_path):
    fill(tmp_path, "one")
    async with client_of(tmp_path) as client:
        assert await found(client) == ["of one"]
    fill(tmp_path, "two")
    async with client_of(tmp_path) as client:
        assert "name one in `collection`: one, two" in await found(client)
        assert await found(client, collection="two") == ["of two"]
    async with client_of(tmp_path, collection="one") as client:
        assert await found(client) == ["of one"]
    with pytest.raises(IndexNotFoundError, match=r"'three' .* there are: one"):
        async with client_of(tmp_path, collection="three"):
            pass


async def test_an_index_that_is_made_later_can_be_asked(tmp_path):
    fill(tmp_path, "default")
    async with client_of(tmp_path) as client:
        assert "valid collections: default" in await found(client, collection="later")
        fill(tmp_path, "later")
        assert await found(client, collection="later") == ["of later"]
        listed = await client.call_tool("list_collections", {})
        assert [one["name"] for one in listed.structured_content["collections"]] == ["default", "later"]
