"""Before the model is ready, when it never will be, and when callers come many at once or go away."""

import threading
from contextlib import asynccontextmanager

import anyio
import pytest
from mcp import Client

from nerret_mcp import pages
from nerret_mcp.library import Library
from nerret_mcp.options import Options
from nerret_mcp.server import create_server
from nerret_tools import EntityIndex
from nerret_tools.errors import ModelError, StoreUnavailableError
from nerret_tools.models.entity_model import EntityModel

pytestmark = pytest.mark.anyio

TOOL = "find_documents_with_entity_type"
QUESTION = {"entity_type": "dinosaur", "limit": 5}
SECRET = "/home/somebody/models/secret.safetensors"


@pytest.fixture(params=["legacy", "auto"])
def fresh(request, place, index):
    """A client of a library that has not begun to load, in both eras."""

    @asynccontextmanager
    async def connected(model_wait=60.0):
        library = Library(str(place), model_wait=model_wait)
        library.check()
        server = create_server(library, Options(index=str(place)))
        try:
            with anyio.fail_after(300):
                async with Client(server, mode=request.param) as client:
                    yield client
        finally:
            await anyio.to_thread.run_sync(library.close)

    return connected


@pytest.fixture
def gate(monkeypatch):
    """The model does not load before this is set."""
    opened = threading.Event()
    load = EntityIndex.load_model

    def wait_and_load(self):
        assert opened.wait(300)
        return load(self)

    monkeypatch.setattr(EntityIndex, "load_model", wait_and_load)
    yield opened
    opened.set()


async def test_a_call_that_comes_too_early_waits_and_hears_of_it(fresh, gate):
    heard = []

    async def progress(done, total, message):
        heard.append(message)
        gate.set()

    async with fresh() as client:
        result = await client.call_tool(TOOL, QUESTION, progress_callback=progress)
    assert not result.is_error
    assert heard[0] == "the model is loading"


async def test_the_wait_is_bounded_and_the_same_call_works_later(fresh, gate):
    async with fresh(model_wait=0.05) as client:
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
async def test_a_model_that_cannot_be_loaded_is_told_without_its_path(fresh, monkeypatch, error):
    def refuse(self):
        raise error

    monkeypatch.setattr(EntityIndex, "load_model", refuse)
    async with fresh() as client:
        result = await client.call_tool(TOOL, QUESTION)
        listed = await client.call_tool("list_collections", {})
        read = await client.call_tool("get_document", {"document_id": "dino Diplodocus"})
    assert result.is_error
    assert "the model cannot be used" in result.content[0].text
    assert SECRET not in result.content[0].text
    assert {one["model_state"] for one in listed.structured_content["collections"]} == {"failed"}
    assert not read.is_error


@pytest.mark.parametrize("error", [StoreUnavailableError(f"{SECRET} is away"), RuntimeError(SECRET)])
async def test_a_failing_store_is_told_without_its_path(fresh, monkeypatch, error):
    def refuse(self, entity_type, **options):
        if entity_type != "warm-up":
            raise error

    monkeypatch.setattr(EntityIndex, "find", refuse)
    async with fresh() as client:
        result = await client.call_tool(TOOL, QUESTION)
    assert result.is_error
    assert SECRET not in result.content[0].text
    assert "Traceback" not in result.content[0].text


@pytest.fixture
def passes(index, monkeypatch):
    """Counts what really goes through the model."""
    counted, backend = [], index.load_model().encoder.backend
    run = backend.run
    monkeypatch.setattr(backend, "run", lambda ids: (counted.append(1), run(ids))[1])
    return counted


async def test_a_cancelled_call_does_not_reach_the_model_and_the_next_one_succeeds(fresh, index, monkeypatch, passes):
    model = index.load_model()
    begun, ended = threading.Event(), threading.Event()
    encode_types = EntityModel.encode_types

    def watched(self, entity_types):
        if entity_types != ["city"]:
            return encode_types(self, entity_types)
        begun.set()
        try:
            return encode_types(self, entity_types)
        finally:
            ended.set()

    monkeypatch.setattr(EntityModel, "encode_types", watched)
    async with fresh() as client:
        await client.call_tool(TOOL, QUESTION)
        passes.clear()
        with model._lock:  # as if a pass for somebody else were running
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.call_tool, TOOL, {"entity_type": "city"})
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


async def test_a_cancelled_call_stops_between_two_documents(fresh, monkeypatch):
    shown, cancelled, ended = [], threading.Event(), threading.Event()
    plain = pages._plain

    def slow(hit, *, detailed):
        shown.append(hit.document_id)
        if len(shown) == 3:
            assert cancelled.wait(300)
            ended.set()
        return plain(hit, detailed=detailed)

    async with fresh() as client:
        await client.call_tool(TOOL, QUESTION)
        monkeypatch.setattr(pages, "_plain", slow)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call_tool, TOOL, {"entity_type": "city", "min_relevance": 0})
            while len(shown) < 3:
                await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()
        assert (await client.call_tool("list_collections", {})).structured_content
        cancelled.set()
        assert await anyio.to_thread.run_sync(ended.wait, 300)
    assert len(shown) == 3


async def test_eight_calls_at_once_get_what_they_would_get_one_by_one(fresh):
    types = ["dinosaur", "city", "volcano", "train", "museum", "river", "ship", "animal"]
    questions = [{"entity_type": one, "min_relevance": 0, "limit": 40} for one in types]
    together = {}

    async def ask(client, number):
        together[number] = (await client.call_tool(TOOL, questions[number])).structured_content

    async with fresh() as client:
        async with anyio.create_task_group() as tasks:
            for number in range(len(questions)):
                tasks.start_soon(ask, client, number)
        alone = [(await client.call_tool(TOOL, question)).structured_content for question in questions]
    assert [together[number] for number in range(len(questions))] == alone
