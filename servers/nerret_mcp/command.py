"""The command: options in, a served index, an exit code out."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from nerret_mcp.options import Options, parse
from nerret_tools.errors import InputError, NerretError
from nerret_tools.exit_codes import FAILURE, WRONG_INPUT
from nerret_tools.user_folders import provide_home

if TYPE_CHECKING:
    from nerret_mcp.library import Library


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Serve, and leave: 0 when the client has gone, 2 for input that cannot be used, 1 for other failures."""
    try:
        options = parse(arguments)
    except InputError as error:
        _leave(WRONG_INPUT, str(error))
    provide_home()
    # A server encodes a phrase at a time, for which a second thread costs more than it saves; torch reads this
    # when it is imported. The scan's threads are NumPy's own and stay.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    gc.disable()  # until the imports are done: they make a lot, and none of it is garbage
    logging.basicConfig(stream=sys.stderr, level=options.log_level, format="%(levelname)s %(name)s: %(message)s")
    _serve(options)


def _serve(options: Options) -> NoReturn:
    from nerret_mcp.library import Library

    library = Library(options.index, model=options.model, collection=options.collection, model_wait=options.model_wait)
    try:
        library.check()
    except NerretError as error:
        library.close()
        _leave(WRONG_INPUT, str(error))
    try:
        if options.transport == "http":
            _serve_http(library, options)
        else:
            _serve_stdio(library, options)
    except KeyboardInterrupt:
        pass
    except OSError as error:
        _leave(FAILURE, f"cannot listen on {options.host}:{options.port}: {error.strerror or error}")
    if not library.busy:
        library.close()
    # Taking the interpreter down with torch in it lasts up to two seconds, after which clients use force; with
    # torch half imported it cannot be stopped at all. Nothing is left to be saved.
    logging.shutdown()
    os._exit(0)


def _serve_stdio(library: Library, options: Options) -> None:
    from nerret_mcp.server import create_server
    from nerret_mcp.stdio import leave_at_once

    server = create_server(library, options)
    gc.enable()
    leave_at_once()
    server.run("stdio")


def _serve_http(library: Library, options: Options) -> None:
    import anyio

    from nerret_mcp.http import PATH, serve
    from nerret_tools.listening import address_of, listen

    listener = listen(options.host, options.port)
    sys.stderr.write(f"listening on {address_of(listener)}{PATH}\n")
    sys.stderr.flush()
    gc.enable()
    anyio.run(serve, library, options, listener)


def _leave(code: int, message: str) -> NoReturn:
    sys.stderr.write(f"nerret-mcp: {' '.join(message.split())}\n")
    raise SystemExit(code)
