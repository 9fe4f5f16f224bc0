"""What can be set, from where: a flag, else an environment variable, else the default."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from nerret_tools.errors import InputError
from nerret_tools.listening import check_listening

TOKEN_VARIABLE = "NERRET_MCP_TOKEN"
"""Holds the bearer token; there is no flag, since command lines can be read by everybody on the machine."""

TRANSPORTS = ("stdio", "http")
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
LOG_LEVELS: tuple[LogLevel, ...] = get_args(LogLevel)

MIN_PAGE_CHARACTERS = 2_000
"""Room for a header and for one document with three mentions and their snippets."""


@dataclass(frozen=True)
class Options:
    """Everything that can be set."""

    index: str  # a folder, or `http://host:port` of a Chroma server
    collection: str | None = None  # the index that is asked where a call names none; `None`: see `Library`
    model: str = "minilm"  # the model that the indexes were made with
    transport: str = "stdio"  # `stdio` or `http`
    host: str = "127.0.0.1"  # to listen on, for HTTP
    port: int = 8765  # to listen on, for HTTP; 0 takes a free one
    allowed_hosts: tuple[str, ...] = ()  # host headers that are accepted besides the loopback ones
    allowed_origins: tuple[str, ...] = ()  # origin headers that are accepted besides the loopback ones
    token: str | None = None  # the bearer token that HTTP clients must send; `None`: none is asked for
    max_request_bytes: int = 262_144  # the largest HTTP request that is read
    page_chars: int = 40_000  # the most characters of one answer
    model_wait: float = 60.0  # seconds that a call waits for the model before it gives up
    log_level: LogLevel = "WARNING"  # of the log on stderr
    reviews: str | None = None  # folder for the files of reviews; `None`: no tool that reviews is offered

    def __post_init__(self) -> None:
        if self.transport not in TRANSPORTS:
            raise InputError(f"--transport {self.transport} is unknown; there are {' and '.join(TRANSPORTS)}")
        if self.log_level not in LOG_LEVELS:
            raise InputError(f"--log-level {self.log_level} is unknown; there are {', '.join(LOG_LEVELS)}")
        if self.page_chars < MIN_PAGE_CHARACTERS:
            raise InputError(f"--page-chars {self.page_chars} is too few: at least {MIN_PAGE_CHARACTERS:,} are needed")
        if self.max_request_bytes < 1:
            raise InputError(f"--max-request-bytes {self.max_request_bytes} is not positive")
        if self.model_wait < 0:
            raise InputError(f"--model-wait {self.model_wait:g} is negative")
        reached = self.host if self.transport == "http" else "localhost"
        check_listening(reached, self.port, self.allowed_hosts, self.token, TOKEN_VARIABLE)


def parse(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> Options:
    """Read the command line and the environment.

    Args:
        arguments: Without the program's name; ``None``: the process's own.
        environment: ``None``: the process's own.

    Raises:
        InputError: A value that cannot be used.
        SystemExit: With 2 for flags that are not understood, with 0 after ``--help`` and ``--version``.
    """
    env = os.environ if environment is None else environment
    given = vars(_parser(env).parse_args(arguments))
    if not given["index"]:
        raise InputError("which index? Name its folder or address with --index, or in NERRET_INDEX")
    del given["read_only"]
    for name in ("allowed_hosts", "allowed_origins"):
        given[name] = tuple(given[name] or _words(env.get(f"NERRET_MCP_{name.upper()}")))
    return Options(**given, token=env.get(TOKEN_VARIABLE) or None)


def _parser(env: Mapping[str, str]) -> argparse.ArgumentParser:
    from nerret_tools import __version__

    parser = argparse.ArgumentParser(
        prog="nerret-mcp",
        description="Serve an index of nerret-tools to agents over the Model Context Protocol. Never changes it.",
        epilog=f"Flags win over environment variables. The bearer token for HTTP is read from {TOKEN_VARIABLE}.",
    )

    def option(name: str, text: str, variable: str | None = None, **rest: Any) -> None:
        variable = variable or f"NERRET_MCP_{name.upper()}"
        default = getattr(Options, name, None)
        shown = f"{default:g}" if isinstance(default, float) else default or "none"
        # A default that is a string is converted by argparse as if it had been typed.
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            default=env.get(variable) or default,
            type=str if default is None else type(default),
            help=f"{text} [{variable}; default: {shown}]",
            **rest,
        )

    def several(flag: str, text: str) -> None:
        name = flag.replace("-", "_") + "s"
        parser.add_argument(
            f"--{flag}",
            dest=name,
            action="append",
            metavar=flag.rpartition("-")[2].upper(),
            help=f"{text}; may be repeated [NERRET_MCP_{name.upper()}, by commas]",
        )

    option("index", "the index: a folder, or http://host:port", "NERRET_INDEX", metavar="DIR")
    option("collection", "the index that is asked where a call names none")
    option("model", "the model that the index was made with")
    option("transport", "stdio or http", choices=TRANSPORTS)
    option("host", "the address to listen on, for http")
    option("port", "the port to listen on, for http; 0 takes a free one")
    option("page_chars", "the most characters of one answer")
    option("model_wait", "seconds a call waits for the model to load")
    option("max_request_bytes", "the largest http request")
    option("reviews", "offer review_documents; its files go here", metavar="DIR")
    option("log_level", "of the log on stderr", choices=LOG_LEVELS)
    several("allowed-host", "a Host header to accept, with or without a port")
    several("allowed-origin", "an Origin header to accept")
    parser.add_argument(
        "--read-only", action="store_true", default=True, help="never change the index; the only mode there is"
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]
