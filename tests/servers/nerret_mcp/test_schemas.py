"""What clients see of the tools is committed: a change of it is a change of the interface.

After a change on purpose: ``NERRET_WRITE_SNAPSHOTS=1 pytest tests/servers/nerret_mcp/test_schemas.py``.
"""

import json
import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.anyio

SNAPSHOT = Path(__file__).with_name("tools.json")


@pytest.fixture
async def listed(connect):
    async with connect() as client:
        found = (await client.list_tools()).tools
    return [one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in found]


async def test_the_tools_are_the_committed_ones(listed):
    if os.environ.get("NERRET_WRITE_SNAPSHOTS"):
        SNAPSHOT.write_text(json.dumps(listed, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    assert listed == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


async def test_every_tool_only_reads_and_describes_itself(listed):
    for tool in listed:
        hints = tool["annotations"]
        assert (hints["readOnlyHint"], hints["idempotentHint"], hints["openWorldHint"]) == (True, True, False)
        assert tool["title"]
        assert len(tool["description"]) > 100
        assert tool["inputSchema"]["additionalProperties"] is False
        assert tool["outputSchema"]["type"] == "object"
        for name, schema in tool["inputSchema"]["properties"].items():
            assert schema["description"], name
