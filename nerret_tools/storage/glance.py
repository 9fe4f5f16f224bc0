"""What indexes a place holds, told without loading Chroma: its import alone takes half a second."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path

from nerret_tools.errors import StoreError
from nerret_tools.storage.open_index import index_states
from nerret_tools.storage.place import ServerAddress, is_server
from nerret_tools.storage.state import IndexState, states_of

__all__ = ["states_at_a_glance"]

_COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections"

_GLANCE_SECONDS = 1.0
"""A server that takes longer to list its collections is left to the usual way, which waits."""


def states_at_a_glance(location: str | Path) -> dict[str, IndexState]:
    """The indexes at a place as far as they can be told in a moment."""
    try:
        return (_at_server(str(location)) or {}) if is_server(location) else index_states(location)
    except StoreError:
        return {}


def _at_server(address: str) -> dict[str, IndexState] | None:
    """The indexes of a Chroma server by name, or ``None`` where only opening it can tell.

    That is: it does not answer in a second, wants to know who asks, or answers in some other way.
    """
    connection: HTTPConnection | None = None
    try:
        place = ServerAddress.parse(address)
        kind = HTTPSConnection if place.secure else HTTPConnection
        connection = kind(place.host, place.port, timeout=_GLANCE_SECONDS)
        connection.request("GET", place.prefix + _COLLECTIONS, headers=place.headers)
        answer = connection.getresponse()
        if answer.status != 200:  # OK
            return None
        return states_of({str(one["name"]): one["metadata"] for one in json.load(answer)})
    except (StoreError, OSError, HTTPException, ValueError, TypeError, KeyError):
        return None
    finally:
        if connection is not None:
            connection.close()
