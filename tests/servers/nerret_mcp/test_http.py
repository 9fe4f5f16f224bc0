"""Streamable HTTP on loopback, by real processes."""

import http.client
import json
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


@pytest.fixture(scope="module")
def address(serving, foreign_place):
    with serving(foreign_place, "--max-request-bytes", str(MAX_BYTES)) as url:
        yield url


def asked(url, method="POST", path=None, body=PING, **headers):
    """Status, headers and body of a bare request."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=300)
    try:
        content = json.dumps(body) if method == "POST" else None
        connection.request(method, path or parts.path, content, {**HEADERS, **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.anyio
async def test_a_client_pages_to_the_end(address, check_pages, mode):
    with anyio.fail_after(180):
        async with Client(address, mode=mode) as client:
            await check_pages(client)


@pytest.mark.parametrize("server", ["address", "guarded"])
def test_the_health_of_the_server_can_be_asked_without_a_token(request, server):
    status, _, body = asked(request.getfixturevalue(server), "GET", "/health")
    assert (status, json.loads(body)["status"]) == (200, "ok")
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
    assert asked(address, **headers)[0] == status


def test_a_request_that_is_too_large_is_refused(address):
    assert asked(address, body={**PING, "params": {"filler": "x" * MAX_BYTES}})[0] == 413


def test_a_port_that_is_taken_is_told(address, nerret_mcp, world):
    port = urlsplit(address).port
    code, _, said = nerret_mcp("--index", world, "--transport", "http", "--port", port)
    assert (code, f"cannot listen on 127.0.0.1:{port}" in said) == (1, True)


@pytest.fixture(scope="module")
def guarded(serving, world):
    """A server that asks for a token and that is known by another name as well."""
    variables = {"NERRET_MCP_TOKEN": TOKEN, "NERRET_MCP_ALLOWED_ORIGINS": "https://app.example"}
    with serving(world, "--allowed-host", "nerret.example", **variables) as url:
        yield url


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_without_the_token_nothing_is_served(guarded, headers):
    status, answered, _ = asked(guarded, **headers)
    assert status == 401
    assert answered["WWW-Authenticate"].startswith("Bearer ")


def test_with_the_token_the_allowed_hosts_and_origins_come_in(guarded):
    known = {"Authorization": f"Bearer {TOKEN}"}
    for headers in ({}, {"Host": "nerret.example"}, {"Host": "nerret.example:443"}, {"Origin": "https://app.example"}):
        assert asked(guarded, **known, **headers)[0] not in (401, 403, 421)
    assert asked(guarded, **known, Host="evil.example")[0] == 421
    assert asked(guarded, **known, Origin="https://evil.example")[0] == 403


@pytest.mark.anyio
async def test_a_client_with_the_token_is_served(guarded):
    with anyio.fail_after(60):
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as session,
            Client(streamable_http_client(guarded, http_client=session)) as client,
        ):
            assert (await client.list_tools()).tools
