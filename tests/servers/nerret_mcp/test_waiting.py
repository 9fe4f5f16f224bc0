"""Before the model is ready, when it never will be, and when callers come many at once or go away."""

import threading

import anyio
import pytest

from nerret_tools import EntityIndex
from nerret_tools.errors import ModelError, StoreUnavailableError

from .conftest import TOOL, client_of

pytestmark = pytest.mark.anyio

QUESTION = {"entity_type": "dinosaur", "limit": 5}
ALL_CITIES = {"entity_type": "city", "min_relevance": 0}
SECRET = "/home/somebody/models/secret.safetensors"


@pytest.fixture
def fresh(mode, place, index):
    """A client of a library that has not begun to load, in both eras."""
    return lambda **options: client_of(place, mode, **options)


@pytest.fixture
def gate():
    """The model of `Slow` does not load before this is set."""
    Slow.gate = threading.Event()
    yield Slow.gate
    Slow.gate.set()


class Slow(EntityIndex):
    def load_model(self):
        assert self.gate.wait(300)
        return super().load_model()


def failing(method, error):
    """An index that fails at something."""

    def fail(self, asked=None, **options):
        if asked != "warm-up":
            raise error

    return type("Failing", (EntityIndex,), {method: fail})


async def test_a_call_that_comes_too_early_waits_and_hears_of_it(fresh, gate):
    heard = []

    async def progress(done, total, message):
        heard.append(message)
        gate.set()

    async with fresh(kind=Slow) as client:
        result = await client.call_tool(TOOL, QUESTION, progress_callback=progress)
    assert not result.is_error
    assert heard[0] == "the model is loading"


async def test_the_wait_is_bounded_and_the_same_call_works_later(fresh, gate):
    async with fresh(model_wait=0.05, kind=Slow) as client:
        early = await client.call_tool(TOOL, QUESTION)
        listed = await client.call_tool("list_collections", {})
        read = await client.call_tool("get_document", {"document_id": "dino Diplodocus"})
        gate.set()
        while (later := await client.call_tool(TOOL, QUESTION)).is_error:
            assert "still loading" in later.content[0].text
    assert early.is_error
    assert "same call again" in early.content[0].text
    assert {one["model_state"] for one in listed.structured_content["collections"]} == {"loading"}
    assert not read.is_error
    assert later.structured_content["returned"] == 5


@pytest.mark.parametrize("error", [ModelError(f"{SECRET} is damaged"), ImportError(f"{SECRET}: not a library")])
async def test_a_model_that_cannot_be_loaded_is_told_without_its_path(fresh, error):
    async with fresh(kind=failing("load_model", error)) as client:
        result = await client.call_tool(TOOL, QUESTION)
        listed = await client.call_tool("list_collections", {})
        read = await client.call_tool("get_document", {"document_id": "dino Diplodocus"})
    assert (result.is_error, read.is_error) == (True, False)
    assert "the model cannot be used" in result.content[0].text
    assert SECRET not in result.content[0].text
    assert {one["model_state"] for one in listed.structured_content["collections"]} == {"failed"}


@pytest.mark.parametrize("error", [StoreUnavailableError(f"{SECRET} is away"), RuntimeError(SECRET)])
async def test_a_failing_store_is_told_without_its_path(fresh, error):
    async with fresh(kind=failing("find", error)) as client:
        result = await client.call_tool(TOOL, QUESTION)
    assert result.is_error
    assert not [one for one in (SECRET, "Traceback") if one in result.content[0].text]


async def test_a_cancelled_call_does_not_reach_the_model_and_the_next_one_succeeds(fresh, index, passes):
    begun, ended = threading.Event(), threading.Event()

    class Watched(EntityIndex):
        def find(self, asked, **options):
            if asked != "city":
                return super().find(asked, **options)
            begun.set()
            try:
                return super().find(asked, **options)
            finally:
                ended.set()

    async with fresh(kind=Watched) as client:
        await client.call_tool(TOOL, QUESTION)
        passes.clear()
        with index.load_model()._lock:  # as if a pass for somebody else were running
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.call_tool, TOOL, ALL_CITIES)
                await anyio.to_thread.run_sync(begun.wait, 300)
                # The event loop is free while the engine works.
                assert (await client.list_tools()).tools
                tasks.cancel_scope.cancel()
            # Answered behind the notification of the cancellation, so that has arrived.
            assert (await client.call_tool("list_collections", {})).structured_content
        assert await anyio.to_thread.run_sync(ended.wait, 300)
        assert passes == []
        assert not (await client.call_tool(TOOL, QUESTION)).is_error
    assert passes == [1]


async def test_a_cancelled_call_stops_between_two_documents(fresh):
    begun, cancelled, ended = threading.Event(), threading.Event(), threading.Event()
    shown = []

    class Halting(list):
        def __iter__(self):
            for hit in super().__iter__():
                shown.append(hit.document_id)
                if len(shown) == 3:
                    begun.set()
                    assert cancelled.wait(300)
                    ended.set()
                yield hit

    class Watched(EntityIndex):
        def find(self, asked, **options):
            found = super().find(asked, **options)
            return found.model_copy(update={"hits": Halting(found.hits)}) if asked == "city" else found

    async with fresh(kind=Watched) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call_tool, TOOL, ALL_CITIES)
            await anyio.to_thread.run_sync(begun.wait, 300)
            tasks.cancel_scope.cancel()
        assert (await client.call_tool("list_collections", {})).structured_content
        cancelled.set()
        assert await anyio.to_thread.run_sync(ended.wait, 300)
    assert len(shown) == 3


async def test_eight_calls_at_once_get_what_they_would_get_one_by_one(fresh):
    types = ["dinosaur", "city", "volcano", "train", "museum", "river", "ship", "animal"]
    together, alone = {}, {}

    async def ask(client, entity_type, answers):
        asked = {"entity_type": entity_type, "min_relevance": 0, "limit": 40}
        answers[entity_type] = (await client.call_tool(TOOL, asked)).structured_content

    async with fresh() as client:
        async with anyio.create_task_group() as tasks:
            for one in types:
                tasks.start_soon(ask, client, one, together)
        for one in types:
            await ask(client, one, alone)
    assert together == alone
