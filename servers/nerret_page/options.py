"""What can be set."""

from __future__ import annotations

from dataclasses import dataclass

from nerret_tools.listening import check_listening

TOKEN_VARIABLE = "NERRET_PAGE_TOKEN"
"""Holds the token; there is no flag, since command lines can be read by everybody on the machine."""


@dataclass(frozen=True)
class Options:
    """Everything that can be set.

    Attributes:
        index: A folder, or ``http://host:port`` of a Chroma server.
        name: Of the index there.
        model: The model that it was made with.
        host: To listen on.
        port: To listen on; 0 takes a free one.
        allowed_hosts: Host headers that are accepted besides the loopback ones.
        token: What a visitor must enter; ``None``: nothing is asked for.
        reviews: The folder of the review files.

    Raises:
        InputError: Values that cannot be used.
    """

    index: str
    name: str = "default"
    model: str = "minilm"
    host: str = "127.0.0.1"
    port: int = 8766
    allowed_hosts: tuple[str, ...] = ()
    token: str | None = None
    reviews: str = "."

    def __post_init__(self) -> None:
        check_listening(self.host, self.port, self.allowed_hosts, self.token, TOKEN_VARIABLE)
