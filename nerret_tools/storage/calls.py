"""Calling Chroma: its many kinds of failure become two, and a server gets time to come back."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import httpx
from chromadb.errors import ChromaError, InvalidArgumentError, InvalidDimensionException

from nerret_tools.errors import StoreError, StoreUnavailableError
from nerret_tools.storage.place import start_command

__all__ = ["RETRY_SECONDS", "Caller"]

_log = logging.getLogger(__name__)

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")

RETRY_SECONDS = 20.0
"""How long a call waits for a server that went away: about a restart of Chroma on a large folder."""

_FIRST_WAIT = 0.1
_LONGEST_WAIT = 2.0
"""Seconds between attempts; they double from the first to the longest."""


class Caller:
    """Calls Chroma for one location; every call may be repeated, since all of ours are idempotent.

    Args:
        location: Folder or address, for the messages.
        server: Whether a failing connection can heal.
        retry_seconds: How long it is given to.
    """

    def __init__(self, location: str, *, server: bool, retry_seconds: float = RETRY_SECONDS) -> None:
        self.location = location
        self.server = server
        self.retry_seconds = retry_seconds

    def __call__(
        self, call: Callable[_Arguments, _Answer], *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> _Answer:
        """Call, and call again while the server is away.

        Raises:
            StoreUnavailableError: It did not work; the message holds the location and the cause.
            StoreError: Chroma does not take the arguments.
        """
        deadline = time.monotonic() + self.retry_seconds
        wait = _FIRST_WAIT
        while True:
            try:
                return call(*args, **kwargs)
            except httpx.TransportError as error:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise StoreUnavailableError(
                        f"the Chroma server at {self.location} does not answer "
                        f"({error or type(error).__name__}) and was given {self.retry_seconds:g} seconds; "
                        f"start it with `{start_command()}` and do the same again"
                    ) from error
                _log.warning("the Chroma server at %s does not answer (%s), trying again", self.location, error)
                time.sleep(min(wait, left))
                wait = min(2 * wait, _LONGEST_WAIT)
            except (InvalidArgumentError, InvalidDimensionException, ValueError) as error:
                if isinstance(error, json.JSONDecodeError) or _is_answer(error):  # what answers is not Chroma
                    raise self._failed(error) from error
                raise StoreError(f"Chroma at {self.location} does not take this: {str(error)[:500]}") from error
            except (ChromaError, OSError) as error:
                raise self._failed(error) from error
            except Exception as error:
                # For an HTTP status that it does not understand, such as a proxy's, chromadb raises this very class
                # (api/base_http_client.py): no narrower clause catches that. What has another origin goes on.
                if not _is_answer(error):
                    raise
                raise self._failed(error) from error

    def _failed(self, error: Exception) -> StoreUnavailableError:
        reason = str(error) or type(error).__name__
        if self.server:
            advice = f"look at the server's own log, then do the same again (a server is `{start_command()}`)"
        else:
            advice = "check that the disk has room and that the folder can be written, then do the same again"
        return StoreUnavailableError(f"Chroma at {self.location} failed: {reason[:500]}; {advice}")


def _is_answer(error: BaseException) -> bool:
    """Whether it was made of an answer's status."""
    origin: BaseException | None = error
    while origin is not None and not isinstance(origin, httpx.HTTPStatusError):
        origin = origin.__context__
    return origin is not None
