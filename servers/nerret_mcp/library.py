"""The indexes of one place and their model, opened and loaded behind the caller's back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.to_thread

import nerret_tools
from nerret_mcp.answers import ModelState
from nerret_mcp.faults import ModelUnavailableError, UnknownCollectionError, told
from nerret_tools.cancellation import cancellable
from nerret_tools.errors import IndexNotFoundError, NerretError
from nerret_tools.models.glance import glance

if TYPE_CHECKING:  # with these come NumPy and most of the engine; they are imported behind the caller's back, too
    from nerret_tools import EntityExtractor, EntityIndex, TypedMention

_log = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")

DEFAULT_NAME = "default"
"""The index that is asked where nobody names one; a place with a single index has no other anyway."""

_PROGRESS_SECONDS = 1.0
"""Between two progress notifications to a call that waits."""

_CALLS_AT_ONCE = 8
"""Calls that work in threads at a time; more wait in line, where they can still be cancelled at no cost."""


@dataclass(frozen=True)
class Collection:
    """An open index under the name that callers use."""

    index: EntityIndex  # the engine
    name: str  # of the index in its place
    index_id: str  # stays as long as the index exists; kept here because asking for it counts everything
    _fields: dict[int, tuple[Any, ...]] = field(default_factory=dict, compare=False, repr=False)

    def fields(self, generation: int, read: Callable[[], Iterable[Any]]) -> tuple[Any, ...]:
        """What `read` gives, read once for each state of the index: it looks at every document."""
        if generation not in self._fields:
            self._fields.clear()
            self._fields[generation] = tuple(read())
        return self._fields[generation]


class Library:
    """All indexes of one place, read-only.

    Args:
        place: A folder, or the address of a Chroma server.
        model: What the indexes were made with.
        collection: The one that is asked where a call names none.
        model_wait: Seconds that a call waits for the model.
        kind: What opens them; `EntityIndex` where it is left out.
    """

    def __init__(
        self,
        place: str,
        *,
        model: str = "minilm",
        collection: str | None = None,
        model_wait: float = 60.0,
        kind: type[EntityIndex] | None = None,
    ) -> None:
        self.model_wait = model_wait
        self._place = place
        self._model = model
        self._wanted = collection
        self._kind = kind
        self._collections: dict[str, Collection] = {}
        self._opening = threading.Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nerret-warm-up")
        self._opened: Future[None] | None = None
        self._loaded: Future[None] | None = None
        self._loading_extractor = threading.Lock()
        self._extractor: EntityExtractor | None = None
        self._threads = anyio.CapacityLimiter(_CALLS_AT_ONCE)
        self._waiting = anyio.CapacityLimiter(100)

    def check(self) -> None:
        """Make sure that the place can be served: at a glance where that is possible, else by opening it.

        Raises:
            NerretError: It cannot; the message says why.
        """
        names = glance(self._place, self._model)
        if (self._wanted or DEFAULT_NAME) in names or (len(names) == 1 and not self._wanted):
            return
        self._open()

    def start(self) -> None:
        """Begin to open the indexes and to load the model, in the background; again is fine."""
        with self._opening:
            if self._opened is None:
                self._opened = self._worker.submit(self._open)
                self._loaded = self._worker.submit(self._load)

    @property
    def state(self) -> ModelState:
        """How far the model is."""
        if self._loaded is None or not self._loaded.done():
            return "loading"
        return "ready" if self._loaded.exception() is None else "failed"

    @property
    def busy(self) -> bool:
        """Whether the background work goes on: leaving the process in an orderly way would have to wait for it."""
        return self._loaded is not None and not self._loaded.done()

    @property
    def names(self) -> list[str]:
        """Names of the open indexes."""
        return sorted(self._collections)

    @property
    def default(self) -> str | None:
        """The collection that is asked where a call names none; ``None`` where the call must."""
        if self._wanted:
            return self._wanted
        if DEFAULT_NAME in self._collections:
            return DEFAULT_NAME
        return next(iter(self._collections)) if len(self._collections) == 1 else None

    async def collection(self, name: str | None = None) -> Collection:
        """The index of that name, or the default one; waits until it is open.

        Raises:
            ToolError: There is none, or it cannot be opened.
        """
        await self._until_open()
        wanted = name or self.default
        if wanted not in self._collections and name is not None:
            await self.work(self._open_more)
        if wanted is None or wanted not in self._collections:
            raise UnknownCollectionError(name, self.names)
        return self._collections[wanted]

    async def collections(self) -> list[Collection]:
        """All indexes, those that another program has added meanwhile too."""
        await self._until_open()
        await self.work(self._open_more)
        return [self._collections[name] for name in self.names]

    async def ready(self, progress: Callable[..., Awaitable[None]]) -> None:
        """Wait for the model.

        Args:
            progress: Is told about every second how many seconds have gone, and a ``message``.

        Raises:
            ModelUnavailableError: It does not load, or not in `model_wait` seconds.
        """
        self.start()
        loaded = self._loaded
        if loaded is None:
            raise ModelUnavailableError("the server is closing")
        began = anyio.current_time()
        while not loaded.done():
            gone = anyio.current_time() - began
            if gone >= self.model_wait:
                raise ModelUnavailableError(
                    f"the model is still loading after {gone:.0f} seconds; make the same call again in a moment"
                )
            await progress(gone, message="the model is loading")
            await self._wait(loaded, min(_PROGRESS_SECONDS, self.model_wait - gone))
        with told():
            if (error := loaded.exception()) is not None:
                if isinstance(error, NerretError):
                    raise error
                _log.error("the model could not be loaded", exc_info=error)
                raise ModelUnavailableError("the model cannot be used; the server's log says why")

    def extract(self, texts: list[str], types: Any, min_relevance: float | None) -> list[list[TypedMention]]:
        """Find mentions of types in texts, as `EntityExtractor.extract` does; loaded by the first call. Blocks."""
        with self._loading_extractor:
            if self._extractor is None:
                self._extractor = nerret_tools.EntityExtractor.load(self._model)
        return self._extractor.extract(texts, types, min_relevance)

    async def work(self, call: Callable[[], _Answer]) -> _Answer:
        """Run a blocking call in a thread, so that the event loop stays live.

        A cancelled call that waits in line never begins; one that runs is not waited for, and ends where
        the engine next asks whether it should.
        """
        cancelled = threading.Event()

        def until_cancelled() -> _Answer:
            with cancellable(cancelled.is_set):
                return call()

        with told():
            try:
                return await anyio.to_thread.run_sync(until_cancelled, abandon_on_cancel=True, limiter=self._threads)
            finally:
                cancelled.set()

    def close(self) -> None:
        """Close all indexes; waits for what the background does."""
        self._worker.shutdown(cancel_futures=True)
        with self._opening:
            for collection in self._collections.values():
                collection.index.close()
            self._collections.clear()

    async def _until_open(self) -> None:
        self.start()
        while self._opened is not None and not self._opened.done():
            await self._wait(self._opened, _PROGRESS_SECONDS)
        with told():
            if self._opened is not None:
                self._opened.result()

    async def _wait(self, future: Future[None], seconds: float) -> None:
        await anyio.to_thread.run_sync(
            lambda: wait([future], timeout=seconds), abandon_on_cancel=True, limiter=self._waiting
        )

    def _open(self) -> None:
        """Open the default index, whose failure counts, then the others, which may be unusable."""
        first = self._wanted or DEFAULT_NAME
        try:
            self._open_one(first)
        except IndexNotFoundError:
            names = nerret_tools.EntityIndex.names(self._place)
            if self._wanted or not names:
                raise IndexNotFoundError(
                    f"there is no collection {first!r} at {self._place}; there are: {', '.join(names) or 'none'}"
                ) from None
            if len(names) == 1:
                self._open_one(names[0])
        self._open_more()
        if not self._collections:
            raise IndexNotFoundError(f"no collection at {self._place} was made with model {self._model!r}")

    def _open_more(self) -> None:
        for name in nerret_tools.EntityIndex.names(self._place):
            try:
                self._open_one(name)
            except NerretError as error:
                _log.warning("collection %r is left out: %s", name, error)

    def _open_one(self, name: str) -> None:
        with self._opening:
            if name not in self._collections:
                index = (self._kind or nerret_tools.EntityIndex).open(self._place, name, self._model, create=False)
                self._collections[name] = Collection(index, name, index.stats().index_id)

    def _load(self) -> None:
        """Load the model and run it once, so that the first call finds everything warm."""
        name = self.default or next(iter(self._collections))
        index = self._collections[name].index
        index.load_model()
        index.find("warm-up", limit=1)
