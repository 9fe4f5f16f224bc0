"""Failures in words that an agent can act on, without a path or a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mcp.server.mcpserver.exceptions import ToolError

from nerret_tools.errors import CursorError, InputError, ModelError, NerretError
from nerret_tools.showing import shorten

_log = logging.getLogger(__name__)

_QUOTED_CHARACTERS = 120
"""Of what a caller passed, in messages that repeat it."""


class UnknownCollectionError(ToolError):
    """A call names a collection that is not there, or none where there are several."""

    def __init__(self, name: str | None, names: Sequence[str]) -> None:
        valid = ", ".join(names) or "none"
        if name is None:
            super().__init__(f"this server has several collections, so name one in `collection`: {valid}")
        else:
            super().__init__(
                f"there is no collection {shorten(name, _QUOTED_CHARACTERS)!r}; valid collections: {valid}"
            )


class UnknownDocumentError(ToolError):
    """A call names a document that is not there."""

    def __init__(self, document_id: str, collection: str) -> None:
        super().__init__(
            f"there is no document {shorten(document_id, _QUOTED_CHARACTERS)!r} in collection {collection!r}; "
            "pass a document_id as find_documents_with_entity_type returned it"
        )


class ModelUnavailableError(ToolError):
    """Searches are not possible, for now or until somebody mends the server."""


def as_tool_error(error: NerretError) -> ToolError:
    """What a caller is told; whatever may hold a path or an address goes to the log alone."""
    if isinstance(error, ToolError):
        return error
    if isinstance(error, CursorError):
        text = str(error)
        return ToolError(text if "without a cursor" in text else f"{text}; start the search again without a cursor")
    if isinstance(error, InputError):
        return ToolError(str(error))
    _log.error("%s: %s", type(error).__name__, error)
    if isinstance(error, ModelError):
        return ModelUnavailableError(
            "the model cannot be used; the server's log says why, and its operator has to mend it"
        )
    return ToolError("the index cannot be read at the moment; try again soon (the server's log says why)")


@contextmanager
def told() -> Iterator[None]:
    """Turns the engine's errors inside the block into `ToolError`."""
    try:
        yield
    except NerretError as error:
        raise as_tool_error(error) from error
