"""What a place is: a folder, with a lock for the one process that writes, or the address of a Chroma server."""

from __future__ import annotations

import base64
import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from nerret_tools.errors import IndexLockedError, StoreError, StoreUnavailableError

if TYPE_CHECKING:
    from filelock import FileLock

__all__ = [
    "DATABASE_NAME",
    "LOCK_NAME",
    "ServerAddress",
    "folder_of",
    "is_server",
    "is_writable",
    "start_command",
    "take_lock",
]

LOCK_NAME = "nerret.lock"
"""Held by the process that writes; readers need none."""

DATABASE_NAME = "chroma.sqlite3"
"""The file by which a folder of Chroma is known."""

_SERVER_PORT = 8000
"""Of an ``http://`` address without one: `chroma run` listens there."""

_FORM = "it should look like http://host:port"

_HOST_AND_PORT = re.compile(r"[A-Za-z0-9.-]+:\d{1,5}/?")


def start_command(folder: str = "DIR") -> str:
    """How to serve a folder to other machines."""
    return f"chroma run --path {folder}"


def is_server(location: str | Path) -> bool:
    """Whether the location is an address rather than a folder."""
    return isinstance(location, str) and location.lower().startswith(("http://", "https://"))


@dataclass(frozen=True)
class ServerAddress:
    """Where a Chroma server listens.

    Attributes:
        secure: Whether it is asked over TLS.
        host: Without brackets.
        port: 8000 or 443 where the address has none.
        prefix: Of the path, such as ``/chroma`` behind a proxy; empty without one.
        headers: By which it knows who asks.
    """

    secure: bool
    host: str
    port: int
    prefix: str = ""
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, address: str) -> ServerAddress:
        """Take ``http://user:password@host:port/prefix`` apart; only the host is needed.

        Raises:
            StoreError: It is not an address, or has parts that could not be used.
        """
        shown = re.sub(r"//[^/@]*@", "//...@", address)
        try:
            parts = urlsplit(address)
            secure = parts.scheme == "https"
            port = parts.port or (443 if secure else _SERVER_PORT)
        except ValueError as error:
            raise StoreError(f"{shown} is not an address: {error}; {_FORM}") from error
        host = parts.hostname or ""
        if not host:
            raise StoreError(f"{shown} has no host; {_FORM}")
        if parts.port == 0 or re.search(r"[\s\\%]", host) or any(not label for label in host.rstrip(".").split(".")):
            raise StoreError(f"{shown} is not an address; {_FORM}")
        if parts.query or parts.fragment:
            raise StoreError(f"{shown} has a query or a fragment, which a Chroma server has no use for; {_FORM}")
        headers = {}
        if parts.username is not None:
            if parts.password is None:
                raise StoreError(f"{shown} has a user without a password; write http://user:password@host:port")
            user = f"{unquote(parts.username)}:{unquote(parts.password)}"
            headers["Authorization"] = f"Basic {base64.b64encode(user.encode()).decode()}"
        return cls(secure, host, port, parts.path.rstrip("/"), headers)

    @property
    def url(self) -> str:
        """The address without who asks."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}{self.prefix}"

    @property
    def is_this_machine(self) -> bool:
        """Whether a proxy could not reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")


def folder_of(location: str | Path) -> Path:
    """The real path of a folder.

    Raises:
        StoreError: It cannot be one.
    """
    try:
        path = Path(location).expanduser()
    except RuntimeError as error:
        raise StoreError(f"the folder {location} cannot be found ({error}); write its whole path") from error
    if _HOST_AND_PORT.fullmatch(str(location)) and not path.exists():
        raise StoreError(f"{location} is no folder; if a Chroma server is meant, write http://{location}")
    if "://" in str(location):
        raise StoreError(f"{location} is neither a folder nor an address; {_FORM}")
    try:
        folder = Path(os.path.realpath(path))
        if folder.exists() and not folder.is_dir():
            raise StoreError(f"{folder} is a file; an index is kept in a folder, so name another path")
    except (OSError, ValueError) as error:
        raise StoreError(f"the folder {location!r} cannot be used ({error}); name another path") from error
    return folder


def is_writable(folder: Path) -> bool:
    """Whether this process may write what is in a folder."""
    return os.access(folder, os.W_OK) and os.access(folder / DATABASE_NAME, os.W_OK)


def take_lock(folder: Path) -> FileLock:
    """Become the process that writes to a folder, which is made where it is not there.

    Raises:
        IndexLockedError: Another process is.
        StoreUnavailableError: The folder cannot be written.
    """
    import filelock  # only here, since a server that starts needs no lock

    # Not thread-local: an index may be closed by another thread than the one that opened it.
    lock = filelock.FileLock(folder / LOCK_NAME, thread_local=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise IndexLockedError(
            f"another process is writing to the index in {folder}; it can be searched meanwhile, but not changed: "
            "wait until that process has closed it, then do the same again"
        ) from None
    except (OSError, NotImplementedError) as error:  # the latter from filelock, where a file system has no locks
        reason = getattr(error, "strerror", None) or error
        raise StoreUnavailableError(
            f"the folder {folder} cannot be used for writing an index ({reason}); "
            "make it writable, or choose another one"
        ) from error
    return lock
