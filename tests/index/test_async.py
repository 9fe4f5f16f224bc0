"""Every method that may take long has an asynchronous twin with the same answer."""

import asyncio
import inspect

from nerret_tools import Document, EntityIndex

TWINS = ("open", "add", "find", "find_many", "get", "ids", "delete", "mentions", "stats")


def test_each_twin_exists_and_is_a_coroutine():
    for name in TWINS:
        assert inspect.iscoroutinefunction(getattr(EntityIndex, f"a{name}"))


def test_the_twins_do_the_same(tmp_path, documents):
    async def work():
        index = await EntityIndex.aopen(tmp_path / "async")
        report = await index.aadd(documents)
        found = await index.afind("airline", min_relevance=0, limit=2)
        many = await index.afind_many(["airline"], min_relevance=0, limit=2)
        texts = await index.aget(["air-1"])
        mentions = await index.amentions("air-1")
        stats = await index.astats()
        gone = await index.adelete(["air-1"])
        return index, report, found, many, texts, mentions, stats, gone

    index, report, found, many, texts, mentions, stats, gone = asyncio.run(work())
    with index, EntityIndex.open(tmp_path / "sync") as other:
        assert report == other.add(documents)
        expected = other.find("airline", min_relevance=0, limit=2)
        cursors = {"next_cursor": True, "hits": {"__all__": {"cursor"}}}  # of this index and of no other
        assert found.model_dump(exclude=cursors) == expected.model_dump(exclude=cursors)
        assert many[0].hits == found.hits
        assert texts == other.get(["air-1"])
        assert mentions == other.mentions("air-1")
        assert stats.mentions == other.stats().mentions
        assert gone == 1


def test_the_event_loop_runs_on_while_an_index_works(tmp_path):
    async def work():
        ticks = 0
        with EntityIndex.open(tmp_path / "loop") as index:
            documents = (Document(id=str(n), text=f"Train {n} of Iberia left Oslo.") for n in range(100))
            adding = asyncio.create_task(index.aadd(documents))
            while not adding.done():
                ticks += 1
                await asyncio.sleep(0.005)
            return ticks, (await adding).added

    ticks, added = asyncio.run(work())
    assert added == 100
    assert ticks > 3
