"""Serving over stdio: every line that comes in is answered, and Ctrl-C ends it at once."""

from __future__ import annotations

import json
import logging
import os
import signal
from types import TracebackType
from typing import Any, Protocol, Self

from mcp.server import MCPServer
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError, jsonrpc_message_adapter
from pydantic import ValidationError


class _Source(Protocol):
    async def receive(self) -> SessionMessage | Exception: ...

    async def aclose(self) -> None: ...

    async def __anext__(self) -> SessionMessage | Exception: ...


class _Sink(Protocol):
    async def send(self, item: SessionMessage, /) -> None: ...


class StdioServer(MCPServer[None]):
    """The SDK's server, which answers lines that are no messages too."""

    async def run_stdio_async(self) -> None:
        """Serve until stdin ends."""
        inner = self._lowlevel_server
        async with stdio_server() as (incoming, outgoing):
            await inner.run(_Answering(incoming, outgoing), outgoing, inner.create_initialization_options())


class _Answering:
    r"""Messages as they come in; what could not be read is mended or answered with an error, not dropped.

    Half an emoji (``\ud800`` in a JSON string), which some clients cut out of a text, becomes the replacement
    character; pydantic's reader refuses the whole line.
    """

    def __init__(self, incoming: _Source, outgoing: _Sink) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    @property
    def last_context(self) -> Any:
        """The sender's context variables, as the SDK's own streams have them."""
        return getattr(self._incoming, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        """The next message."""
        return await self._read(await self._incoming.receive())

    async def aclose(self) -> None:
        """Close what is read from."""
        await self._incoming.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        return await self._read(await self._incoming.__anext__())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _read(self, item: SessionMessage | Exception) -> SessionMessage | Exception:
        if not isinstance(item, ValidationError):
            return item
        content = _json(item.errors()[0]["input"])
        if content is not None:
            try:
                return SessionMessage(jsonrpc_message_adapter.validate_python(content, by_name=False))
            except ValidationError:
                pass
        await self._outgoing.send(SessionMessage(_refusal(content)))
        return item


def _json(line: Any) -> Any:
    """What a line holds, without halves of surrogate pairs; ``None`` where it is not JSON."""
    if not isinstance(line, str | bytes):
        return line  # it was JSON, but no message
    try:
        return _whole(json.loads(line))
    except (ValueError, RecursionError):
        return None


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(one) for key, one in value.items()}
    return value


def _refusal(content: Any) -> JSONRPCError:
    if content is None:
        return JSONRPCError(
            jsonrpc="2.0", id=None, error=ErrorData(code=PARSE_ERROR, message="the line cannot be read as JSON")
        )
    number = content.get("id") if isinstance(content, dict) else None
    number = number if isinstance(number, str | int) and not isinstance(number, bool) else None
    return JSONRPCError(
        jsonrpc="2.0", id=number, error=ErrorData(code=INVALID_REQUEST, message="the line is no JSON-RPC 2.0 message")
    )


def leave_at_once() -> None:
    """Make Ctrl-C end the process: asyncio would wait for the thread that reads the next line, and lose that line.

    Nothing is left to be saved: a server only reads.
    """

    def leave(*_: Any) -> None:
        logging.shutdown()
        os._exit(0)

    signal.signal(signal.SIGINT, leave)
