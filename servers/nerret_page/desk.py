"""The index on the desk: opened when it is first needed, and again after it went away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from starlette.requests import Request

from nerret_page.options import Options
from nerret_tools import EntityIndex
from nerret_tools.errors import NerretError, StoreError

_log = logging.getLogger(__name__)


class Desk:
    """Lends the index to requests; one that failed is closed and opened anew for the next."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._index: EntityIndex | None = None

    @contextmanager
    def index(self) -> Iterator[EntityIndex]:
        """The index, from any thread.

        Raises:
            NerretError: It cannot be opened, or what was asked of it failed.
        """
        with self._lock:
            if self._index is None:
                options = self._options
                self._index = EntityIndex.open(options.index, options.name, options.model, create=False)
            index = self._index
        try:
            yield index
        except StoreError:
            with self._lock:
                if self._index is index:
                    self._index = None
                    index.close()
            raise

    def warm_up(self) -> None:
        """Load the model in the background, so that the first question finds everything warm."""
        threading.Thread(target=self._warm_up, name="nerret-warm-up", daemon=True).start()

    def _warm_up(self) -> None:
        try:
            with self.index() as index:
                index.load_model()
                index.find("warm-up", min_relevance=0.5, limit=1)
        except NerretError as error:
            _log.warning("the model could not be warmed up: %s", error)


def index_of(request: Request) -> AbstractContextManager[EntityIndex]:
    """The index, lent to a request; see `Desk.index`."""
    desk: Desk = request.app.state.desk
    return desk.index()
