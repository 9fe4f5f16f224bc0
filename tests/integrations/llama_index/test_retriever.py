"""What the LlamaIndex retriever returns, and how it fits that ecosystem."""

import asyncio

import pytest
from llama_index.core import MockEmbedding, VectorStoreIndex
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.callbacks import CallbackManager, CBEventType, LlamaDebugHandler
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
from llama_index.core.schema import IndexNode, NodeRelationship, TextNode
from llama_index.core.tools import RetrieverTool
from llama_index.core.vector_stores.types import MetadataFilter, MetadataFilters
from llama_index.retrievers.nerret import EntityIndexVectorStore, EntityTypeRetriever

from nerret_tools import Document
from nerret_tools.errors import EntityTypeError

NATURE = {"topic": "nature"}


@pytest.fixture
def retriever(demo_index):
    return EntityTypeRetriever(demo_index, similarity_top_k=4, min_relevance=0)


def ids(nodes):
    return [found.node.node_id for found in nodes]


def test_class():
    assert BaseRetriever.__name__ in [base.__name__ for base in EntityTypeRetriever.__mro__]


def test_each_node_comes_with_its_evidence_and_its_source(demo_index, retriever):
    hits = demo_index.find("dinosaur", min_relevance=0, limit=4).hits
    assert len(hits) == 4
    for found, hit in zip(retriever.retrieve("dinosaur"), hits, strict=True):
        node = found.node
        assert type(node) is TextNode
        assert node.node_id == node.ref_doc_id == hit.document_id
        assert list(node.relationships) == [NodeRelationship.SOURCE]
        assert (node.text, node.metadata) == (hit.document.text, hit.document.metadata)
        assert found.score == found.relevance == pytest.approx(hit.relevance, abs=1e-3)
        assert found.cosine == pytest.approx(hit.score, abs=1e-3)
        assert (found.mentions, found.mention_count) == (hit.mentions, hit.mention_count)
        for mention in found.mentions:
            assert node.text[mention.start : mention.end] == mention.text


def test_filters_narrow_the_search(demo_index):
    filters = MetadataFilters(filters=[MetadataFilter(key="topic", value="nature")])
    found = EntityTypeRetriever(demo_index, min_relevance=0, filters=filters).retrieve("dinosaur")
    assert ids(found) == [hit.document_id for hit in demo_index.find("dinosaur", min_relevance=0, where=NATURE).hits]
    both = EntityTypeRetriever(demo_index, min_relevance=0, filters=filters, where={"topic": "sport"})
    assert both.retrieve("dinosaur") == []


def test_a_node_found_twice_is_one_node_after_fusion(demo_index, retriever):
    store = EntityIndexVectorStore(demo_index)
    found = retriever.retrieve("dinosaur")
    vectors = VectorStoreIndex(store.get_nodes(ids(found)), embed_model=MockEmbedding(4)).as_retriever()
    for mode in FUSION_MODES:
        fusion = QueryFusionRetriever(
            [retriever, vectors], llm=MockLLM(), mode=mode, num_queries=1, similarity_top_k=9, use_async=False
        )
        assert sorted(ids(fusion.retrieve("dinosaur"))) == sorted(ids(found))


def test_the_wrapper_of_a_retriever_tool_is_taken_off(retriever):
    tool = RetrieverTool.from_defaults(retriever)
    expected = retriever.retrieve("dinosaur")
    assert tool.call(input="dinosaur").raw_output == expected
    assert tool.call("dinosaur").raw_output == expected
    assert asyncio.run(tool.acall(input="dinosaur")).raw_output == expected
    assert ids(tool.call(input="thing that\nis alive").raw_output) == ids(retriever.retrieve("thing that is alive"))
    with pytest.raises(EntityTypeError, match="is empty"):
        tool.call(input="")


def test_a_function_tool_takes_what_the_engine_takes(demo_index, retriever):
    tool = retriever.as_tool()
    assert tool.metadata.name == "find_documents_with_entity_type"
    schema = tool.metadata.get_parameters_dict()
    types = ["entity_type", "any_of", "all_of", "none_of", "scope"]
    assert list(schema["properties"]) == [*types, "limit", "min_relevance", "recall", "filters", "cursor"]
    assert "required" not in schema, "a type, or a combination"
    assert (
        tool.call(entity_type="dinosaur").raw_output.hits == demo_index.find("dinosaur", limit=4, min_relevance=0).hits
    )


def test_the_tool_shows_the_words_around_a_mention_and_not_a_long_document(small_index):
    tool = EntityTypeRetriever(small_index, min_relevance=0).as_tool(name="find_it", description="Finds it.")
    assert (tool.metadata.name, tool.metadata.description) == ("find_it", "Finds it.")
    assert tool.call(entity_type="airline").content.startswith("0 documents; ")
    small_index.add([Document(id="a", text="It was a quiet day at the gate. " * 200 + "Qantas flew to Lima.")])
    heading, line = tool.call(entity_type="airline").content.splitlines()
    assert heading.endswith("this is the last page")
    assert "Qantas" in line
    assert len(line) < 500


def test_in_a_query_engine_its_nodes_reach_the_language_model(retriever):
    engine = RetrieverQueryEngine.from_args(retriever, llm=MockLLM())
    response = engine.query("dinosaur")
    assert ids(response.source_nodes) == ids(retriever.retrieve("dinosaur"))
    assert all(found.node.text in str(response) for found in response.source_nodes)
    answer = asyncio.run(engine.aquery("dinosaur"))
    assert ids(answer.source_nodes) == ids(response.source_nodes)


def test_callbacks_hear_of_the_retrieval(demo_index):
    debug = LlamaDebugHandler(print_trace_on_end=False)
    retriever = EntityTypeRetriever(
        demo_index, similarity_top_k=2, min_relevance=0, callback_manager=CallbackManager([debug])
    )
    nodes = retriever.retrieve("dinosaur")
    ((start, end),) = debug.get_event_pairs(CBEventType.RETRIEVE)
    assert start.payload["query_str"] == "dinosaur"
    assert end.payload["nodes"] == nodes


def test_what_stands_behind_a_document_is_retrieved_in_its_place(demo_index, retriever, capsys):
    first, second, *_ = ids(retriever.retrieve("dinosaur"))
    behind = TextNode(id_="behind", text="A whole book.")
    replaced = EntityTypeRetriever(
        demo_index, similarity_top_k=4, min_relevance=0, object_map={first: behind}, verbose=True
    )
    assert ids(replaced.retrieve("dinosaur"))[:2] == ["behind", second]
    assert first in capsys.readouterr().out
    objects = [IndexNode(text="", index_id=second, obj=behind)]
    replaced = EntityTypeRetriever(demo_index, similarity_top_k=4, min_relevance=0, objects=objects)
    assert ids(asyncio.run(replaced.aretrieve("dinosaur")))[:2] == [first, "behind"]
