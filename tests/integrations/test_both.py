"""What the retrievers of both ecosystems must do alike: they are the engine under another name."""

import asyncio
import re

import pytest
from langchain_nerret import EntityTypeRetriever as LangChainRetriever
from llama_index.retrievers.nerret import EntityTypeRetriever as LlamaIndexRetriever

from nerret_tools import EntityQuery, FindResult

OPTIONS = [{}, {"recall": 0.9}, {"min_relevance": 0}, {"min_score": 0.0, "where": {"topic": "nature"}}]


class LangChain:
    @staticmethod
    def make(index, k=None, **options):
        return LangChainRetriever(index=index, k=k, **options)

    @staticmethod
    def ask(retriever, entity_type):
        return [one.id for one in retriever.invoke(entity_type)]

    @staticmethod
    async def ask_later(retriever, entity_type):
        return [one.id for one in await retriever.ainvoke(entity_type)]

    @staticmethod
    async def call(tool, **arguments):
        message = await tool.ainvoke({"type": "tool_call", "id": "1", "name": tool.name, "args": arguments})
        return message.content, message.artifact


class LlamaIndex:
    @staticmethod
    def make(index, k=None, **options):
        return LlamaIndexRetriever(index, similarity_top_k=k, **options)

    @staticmethod
    def ask(retriever, entity_type):
        return [one.node.node_id for one in retriever.retrieve(entity_type)]

    @staticmethod
    async def ask_later(retriever, entity_type):
        return [one.node.node_id for one in await retriever.aretrieve(entity_type)]

    @staticmethod
    async def call(tool, **arguments):
        output = await tool.acall(**arguments)
        return output.content, output.raw_output


def ids(found):
    return [hit.document_id for hit in found.hits] if isinstance(found, FindResult) else [one.id for one in found]


@pytest.fixture(params=[LangChain, LlamaIndex])
def ecosystem(request):
    return request.param


@pytest.mark.parametrize("options", OPTIONS)
def test_the_documents_and_their_order_are_those_of_find(ecosystem, demo_index, entity_types, options):
    retriever, few = ecosystem.make(demo_index, **options), entity_types[:5]
    expected = [ids(demo_index.find(one, **options)) for one in few]
    assert [ecosystem.ask(retriever, one) for one in few] == expected

    async def together():
        return await asyncio.gather(*(ecosystem.ask_later(retriever, one) for one in few))

    assert asyncio.run(together()) == expected


def test_the_event_loop_runs_on_while_documents_are_retrieved(ecosystem, demo_index, ticks):
    retriever, types = ecosystem.make(demo_index, min_relevance=0), ["dinosaur", "airline", "river", "country"]
    found, turns = ticks([ecosystem.ask_later(retriever, one) for one in types])
    assert found == [ecosystem.ask(retriever, one) for one in types]
    assert turns > 3


def test_types_are_combined(ecosystem, demo_index):
    expected = demo_index.find(EntityQuery(all_of=["dinosaur"], none_of=["bird"]), limit=5)
    assert ecosystem.ask(ecosystem.make(demo_index, 5, none_of=["bird"]), "dinosaur") == ids(expected)


def test_as_a_tool_it_gives_pages_of_evidence(ecosystem, demo_index):
    tool = ecosystem.make(demo_index, 4, min_relevance=0).as_tool()

    def call(**arguments):
        return asyncio.run(ecosystem.call(tool, entity_type="dinosaur", **arguments))

    content, found = call()
    hits = demo_index.find("dinosaur", limit=8, min_relevance=0).hits
    assert ids(found) == [hit.document_id for hit in hits[:4]]
    heading, *lines = content.splitlines()
    assert heading.startswith("4 of ")
    for line, hit in zip(lines, hits, strict=False):
        assert line.startswith(f"{hit.document_id}\t{hit.relevance:.2f}\t")
        assert hit.mentions[0].text in line
    _, following = call(cursor=re.search(r"call again with cursor=(\S+)", heading)[1])
    assert ids(following) == [hit.document_id for hit in hits[4:]]
    _, narrowed = call(limit=2, min_relevance=0.1, filters={"topic": "nature"})
    assert ids(narrowed) == ids(demo_index.find("dinosaur", limit=2, min_relevance=0.1, where={"topic": "nature"}))


def test_an_agent_lists_entities(ecosystem, demo_index):
    content, found = asyncio.run(
        ecosystem.call(ecosystem.make(demo_index, 4).as_entities_tool(), entity_type="dinosaur")
    )
    expected = demo_index.entities("dinosaur", limit=4)
    assert found == expected
    assert [line.split("\t")[0] for line in content.split("\n")[1:]] == [one.name for one in expected.entities]
