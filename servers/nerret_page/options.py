"""What can be set."""

from __future__ import annotations

from dataclasses import dataclass

from nerret_tools.errors import InputError
from nerret_tools.listening import MIN_TOKEN_CHARACTERS, is_loopback

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
        if not 0 <= self.port <= 65_535:
            raise InputError(f"--port {self.port} is not between 0 and 65,535")
        if self.token is not None and len(self.token) < MIN_TOKEN_CHARACTERS:
            raise InputError(f"{TOKEN_VARIABLE} is too short: at least {MIN_TOKEN_CHARACTERS} characters are needed")
        if not is_loopback(self.host) and not (self.allowed_hosts and self.token):
            raise InputError(
                f"--host {self.host} can be reached from other machines: name the host that browsers use with "
                f"--allowed-host and set a token in {TOKEN_VARIABLE}, or listen on 127.0.0.1"
            )
