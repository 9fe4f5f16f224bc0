"""Streamable HTTP on loopback, by real processes."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

TOKEN = "correct-horse-battery-staple"
MAX_BYTES = 50_000
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


@contextmanager
def serving(environment, folder, *flags):
    """The address of a server in another process."""
    command = [sys.executable, "-m", "nerret_mcp", "--index", str(folder), "--transport", "http", "--port", "0", *flags]
    with subprocess.Popen(command, env=environment, text=True, stderr=subprocess.PIPE) as process:
        try:
            for line in process.stderr:
                if line.startswith("listening on "):
                    break
            else:
                pytest.fail(f"the server left with {process.wait()}")
            yield line.removeprefix("listening on ").strip()
        finally:
            process.terminate()
            process.communicate(timeout=30)


@pytest.fixture(scope="module")
def address(environment, foreign_place):
    with serving(environment, foreign_place, "--max-request-bytes", str(MAX_BYTES)) as url:
        yield url


def request(url, method="POST", path=None, body=PING, **headers):
    """Status, headers and body of a bare request."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        content = json.dumps(body) if method == "POST" else None
        connection.request(method, path or parts.path, content, {**HEADERS, **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_client_pages_to_the_end(address, index, all_pages, ids_of, mode):
    with anyio.fail_after(90):
        async with Client(address, mode=mode) as client:
            few = [await all_pages(client, entity_type="dinosaur", limit=limit) for limit in (7, 1000)]
            many = await all_pages(client, entity_type="city", min_relevance=0, limit=1000)
    assert ids_of(few[0]) == ids_of(few[1]) == [hit.document_id for hit in index.find("dinosaur").hits]
    assert ids_of(many) == [hit.document_id for hit in index.find("city", min_relevance=0).hits]


def test_the_health_of_the_server_can_be_asked(address):
    status, _, body = request(address, "GET", "/health")
    assert status == 200
    assert json.loads(body)["status"] == "ok"
    assert json.loads(body)["model"] in ("loading", "ready")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:80"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_a_foreign_host_or_origin_is_refused(address, headers, status):
    assert request(address, **headers)[0] == status


def test_a_request_that_is_too_large_is_refused(address):
    assert request(address, body={**PING, "params": {"filler": "x" * MAX_BYTES}})[0] == 413


def test_a_port_that_is_taken_is_told(address, nerret_mcp, world):
    port = urlsplit(address).port
    result = nerret_mcp("--index", world, "--transport", "http", "--port", port)
    assert result.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture(scope="module")
def guarded(environment, world):
    """A server that asks for a token and that is known by another name as well."""
    variables = {**environment, "NERRET_MCP_TOKEN": TOKEN, "NERRET_MCP_ALLOWED_ORIGINS": "https://app.example"}
    with serving(variables, world, "--allowed-host", "nerret.example") as url:
        yield url


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_without_the_token_nothing_is_served(guarded, headers):
    status, answered, _ = request(guarded, **headers)
    assert status == 401
    assert answered["WWW-Authenticate"].startswith("Bearer ")


def test_with_the_token_the_allowed_hosts_and_origins_come_in(guarded):
    known = {"Authorization": f"Bearer {TOKEN}"}
    for headers in ({}, {"Host": "nerret.example"}, {"Host": "nerret.example:443"}, {"Origin": "https://app.example"}):
        assert request(guarded, **known, **headers)[0] not in (401, 403, 421)
    assert request(guarded, **known, Host="evil.example")[0] == 421
    assert request(guarded, **known, Origin="https://evil.example")[0] == 403


def test_health_needs_no_token(guarded):
    assert request(guarded, "GET", "/health")[0] == 200


@pytest.mark.anyio
async def test_a_client_with_the_token_is_served(guarded):
    with anyio.fail_after(60):
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as session,
            Client(streamable_http_client(guarded, http_client=session)) as client,
        ):
            assert len((await client.list_tools()).tools) == 3
