"""Streamable HTTP: who may come in, how much they may send, and where it listens."""

from __future__ import annotations

import socket
from functools import partial

import uvicorn
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import AnyHttpUrl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nerret_mcp.library import Library
from nerret_mcp.options import Options
from nerret_mcp.server import create_server
from nerret_tools.listening import Gate, same_secret

PATH = "/mcp"
HEALTH_PATH = "/health"

_CLIENT = "bearer"
"""The name of everybody who knows the token."""


class SharedToken:
    """A `TokenVerifier` of one secret that server and clients share."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def verify_token(self, token: str) -> AccessToken | None:
        """Whether it is the secret, told in a time that does not depend on where it differs."""
        if not same_secret(token, self._token):
            return None
        return AccessToken(token=token, client_id=_CLIENT, scopes=[])


def create_app(library: Library, options: Options) -> Starlette:
    """The ASGI application: the server at ``/mcp``, and ``/health`` for whoever watches over it."""
    if options.token is None:
        server = create_server(library, options)
    else:
        # No OAuth: the issuer is a formality of the SDK and nothing is advertised under it.
        auth = AuthSettings(issuer_url=AnyHttpUrl("http://localhost"), resource_server_url=None)
        server = create_server(library, options, auth=auth, token_verifier=SharedToken(options.token))
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=options.max_request_bytes,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # `Gate` does it
        host=options.host,
    )
    app.add_middleware(
        Gate,
        host=options.host,
        hosts=options.allowed_hosts,
        origins=options.allowed_origins,
        unguarded=[HEALTH_PATH],
    )
    app.router.routes.append(Route(HEALTH_PATH, partial(_health, library), methods=["GET"]))
    return app


async def serve(library: Library, options: Options, listener: socket.socket) -> None:
    """Serve until the process is told to stop."""
    config = uvicorn.Config(
        create_app(library, options),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    await uvicorn.Server(config).serve(sockets=[listener])


async def _health(library: Library, _: Request) -> Response:
    state = library.state
    return JSONResponse({"status": "failed" if state == "failed" else "ok", "model": state})
