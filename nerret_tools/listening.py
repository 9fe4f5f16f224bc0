"""What every server of this project shares: where it listens, and whom a browser may bring in."""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any

from nerret_tools.errors import InputError

MIN_TOKEN_CHARACTERS = 16

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Message, _Receive, _Send], Awaitable[None]]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_listening(host: str, port: int, hosts: Sequence[str], token: str | None, variable: str) -> None:
    """Refuse to listen where that cannot be, or where others could come in without a known name and a token.

    Args:
        host: The address.
        port: Of it.
        hosts: The names that are accepted besides the loopback ones.
        token: What visitors must know.
        variable: Holds the token.

    Raises:
        InputError: The message says what to do.
    """
    if not 0 <= port <= 65_535:
        raise InputError(f"--port {port} is not between 0 and 65,535")
    if token is not None and len(token) < MIN_TOKEN_CHARACTERS:
        raise InputError(f"{variable} is too short: at least {MIN_TOKEN_CHARACTERS} characters are needed")
    if not is_loopback(host) and not (hosts and token):
        raise InputError(
            f"--host {host} can be reached from other machines: name the host that clients use with --allowed-host "
            f"and set a token in {variable}, or listen on 127.0.0.1"
        )


def listen(host: str, port: int) -> socket.socket:
    """Take the port (0: a free one) of an address of this machine before anything else is done.

    Raises:
        OSError: It is taken, or there is no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host.strip("[]"), port))
        listener.listen()  # those who come before all is set up wait instead of being turned away
    except OSError:
        listener.close()
        raise
    return listener


def address_of(listener: socket.socket) -> str:
    """The address of what listens, ``http://host:port``."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def same_secret(given: str, secret: str) -> bool:
    """Whether two secrets are one, told in a time that does not depend on where they differ."""
    return hmac.compare_digest(given.encode(errors="surrogateescape"), secret.encode())


class Gate:
    """ASGI middleware: pages of foreign sites in a browser of this machine must not get through.

    Whatever name they resolve: a request with a foreign ``Host`` gets 421, one with a foreign ``Origin`` 403.

    Args:
        app: What is behind it.
        host: The address that is listened on; on a loopback one the loopback names and origins are known.
        hosts: Other ``Host`` headers that are accepted, with any port where they name none.
        origins: Other ``Origin`` headers, likewise.
        unguarded: Paths that anybody may ask for, such as that of the server's health.
    """

    def __init__(
        self,
        app: _App,
        *,
        host: str,
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
        unguarded: Iterable[str] = (),
    ) -> None:
        own = _LOOPBACK if is_loopback(host) else ()
        self._app = app
        self._hosts = frozenset((*hosts, *own))
        self._origins = frozenset((*origins, *(f"http://{one}" for one in own)))
        self._unguarded = frozenset(unguarded)

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] == "http" and scope["path"] not in self._unguarded:
            headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
            if not _known(headers.get(b"host", ""), self._hosts):
                return await _refuse(send, 421, b"Invalid Host header")
            if (origin := headers.get(b"origin")) and not _known(origin, self._origins):
                return await _refuse(send, 403, b"Invalid Origin header")
        return await self._app(scope, receive, send)


def _known(value: str, allowed: frozenset[str]) -> bool:
    name, _, port = value.rpartition(":")
    return value in allowed or (port.isdecimal() and name in allowed)


async def _refuse(send: _Send, status: int, reason: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(reason)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": reason})
