"""Streamable HTTP: who may come in, how much they may send, and where it listens."""

from __future__ import annotations

import hmac
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
from nerret_mcp.options import Options, is_loopback
from nerret_mcp.server import create_server

__all__ = ["PATH", "SharedToken", "create_app", "listen", "serve"]

PATH = "/mcp"
HEALTH_PATH = "/health"

_GOODBYE_SECONDS = 3
"""For open streams when the process is told to stop."""

_CLIENT = "bearer"
"""The name of everybody who knows the token."""

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class SharedToken:
    """A `TokenVerifier` of one secret that server and clients share."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    async def verify_token(self, token: str) -> AccessToken | None:
        """Whether it is the secret, told in a time that does not depend on where it differs."""
        if not hmac.compare_digest(token.encode(errors="surrogateescape"), self._token):
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
        transport_security=_security(options),
        host=options.host,
    )
    app.router.routes.append(Route(HEALTH_PATH, partial(_health, library), methods=["GET"]))
    return app


def listen(options: Options) -> socket.socket:
    """Take the port before anything else is done.

    Raises:
        OSError: It is taken, or there is no such address.
    """
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((options.host.strip("[]"), options.port))
        listener.listen()  # those who come before all is set up wait instead of being turned away
    except OSError:
        listener.close()
        raise
    return listener


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


def _security(options: Options) -> TransportSecuritySettings:
    """Pages of foreign sites in a browser of this machine must not get through, whatever name they resolve."""
    hosts = [*options.allowed_hosts, *(_LOOPBACK if is_loopback(options.host) else ())]
    origins = [f"http://{host}" for host in _LOOPBACK] if is_loopback(options.host) else []
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[form for host in hosts for form in (host, f"{host}:*")],
        allowed_origins=[form for one in [*options.allowed_origins, *origins] for form in (one, f"{one}:*")],
    )
