"""What can be set."""

from __future__ import annotations

from dataclasses import dataclass

from nerret_tools.listening import check_listening

TOKEN_VARIABLE = "NERRET_PAGE_TOKEN"
"""Holds the token; there is no flag, since command lines can be read by everybody on the machine."""


@dataclass(frozen=True)
class Options:
    """Everything that can be set.

    Raises:
        InputError: Values that cannot be used.
    """

    index: str  # a folder, or `http://host:port` of a Chroma server
    name: str = "default"  # of the index there
    model: str = "minilm"  # the model that it was made with
    host: str = "127.0.0.1"  # to listen on
    port: int = 8766  # to listen on; 0 takes a free one
    allowed_hosts: tuple[str, ...] = ()  # host headers that are accepted besides the loopback ones
    token: str | None = None  # what a visitor must enter; `None`: nothing is asked for
    reviews: str = "."  # the folder of the review files

    def __post_init__(self) -> None:
        check_listening(self.host, self.port, self.allowed_hosts, self.token, TOKEN_VARIABLE)
