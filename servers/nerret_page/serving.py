"""The process: the port first, then the index, then the page until Ctrl-C."""

from __future__ import annotations

import logging
import os
import sys
import webbrowser
from types import FrameType

import uvicorn

from nerret_page.app import create_app
from nerret_page.desk import Desk
from nerret_page.options import Options
from nerret_tools.errors import StoreUnavailableError
from nerret_tools.listening import address_of, listen


class _Server(uvicorn.Server):
    """Leaves at once when it is told to: nothing is left to be saved, and a browser keeps its connections open."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Leave."""
        logging.shutdown()
        os._exit(0)


def serve(options: Options, *, open_browser: bool = False) -> None:
    """Serve until the process is told to stop.

    Raises:
        StoreUnavailableError: The port is taken.
        NerretError: The index cannot be opened.
    """
    desk = Desk(options)
    with desk.index():
        pass  # it opens, or the caller is told why not before a page says so
    try:
        listener = listen(options.host, options.port)
    except OSError as error:
        raise StoreUnavailableError(
            f"cannot listen on {options.host}:{options.port}: {error.strerror or error}; choose another --port"
        ) from error
    sys.stderr.write(f"the page is at {address_of(listener)}  (Ctrl-C ends it)\n")
    sys.stderr.flush()
    desk.warm_up()
    if open_browser:
        webbrowser.open(address_of(listener))
    config = uvicorn.Config(create_app(options, desk), log_config=None, access_log=False, server_header=False)
    _Server(config).run(sockets=[listener])
