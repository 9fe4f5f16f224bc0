"""The index in the place of a vector store: nodes come back as they went in, filters are obeyed."""

import asyncio

import pytest
from llama_index.core import Document, MockEmbedding, VectorStoreIndex
from llama_index.core.node_parser import HierarchicalNodeParser, SentenceSplitter, SentenceWindowNodeParser
from llama_index.core.postprocessor import MetadataReplacementPostProcessor
from llama_index.core.schema import ImageNode, IndexNode, MetadataMode, Node, NodeRelationship, TextNode
from llama_index.core.vector_stores.simple import SimpleVectorStore
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
)
from llama_index.retrievers.nerret import EntityIndexVectorStore, EntityTypeRetriever

from nerret_tools.errors import FilterError

AIR = "Lufthansa cancelled every flight to Lima. Iberia flew on to Quito as if nothing had happened."
RIVER = "Rafts drifted down the Orinoco for nine days."

DOCUMENT = Document(
    id_="air",
    text=AIR,
    metadata={"name": "air", "file": "a.txt", "tags": ["x", {"y": None}], "ref_doc_id": "the user's own"},
    excluded_llm_metadata_keys=["file"],
    excluded_embed_metadata_keys=["name"],
    metadata_separator=" / ",
    metadata_template="{key}={value}",
    text_template="[{metadata_str}] {content}",
)


@pytest.fixture
def store(small_index):
    return EntityIndexVectorStore(small_index)


def by_name(*names):
    return [Document(id_=name, text=f"{name} flew to Lima.", metadata={"name": name}) for name in names]


@pytest.mark.parametrize(
    "parser",
    [
        SentenceSplitter(chunk_size=60, chunk_overlap=0),
        SentenceWindowNodeParser.from_defaults(),
        HierarchicalNodeParser.from_defaults(chunk_sizes=[80, 60], chunk_overlap=0),
    ],
    ids=lambda parser: type(parser).__name__,
)
def test_a_node_comes_back_as_it_was_parsed(store, parser):
    nodes = parser.get_nodes_from_documents([DOCUMENT])
    store.add(nodes)
    again = store.get_nodes([node.node_id for node in nodes])
    assert again == nodes
    assert [node.hash for node in again] == [node.hash for node in nodes]
    found = {
        one.node.node_id: one.node for one in EntityTypeRetriever(store.index, min_relevance=0).retrieve("airline")
    }
    assert found
    for node in nodes:
        if node.node_id in found:
            assert found[node.node_id] == node
            assert found[node.node_id].get_content(MetadataMode.LLM) == node.get_content(MetadataMode.LLM)


def test_a_window_can_be_put_in_the_place_of_its_sentence(store):
    store.add(SentenceWindowNodeParser.from_defaults().get_nodes_from_documents([DOCUMENT]))
    found = EntityTypeRetriever(store.index, min_relevance=0).retrieve("airline")
    replaced = MetadataReplacementPostProcessor(target_metadata_key="window").postprocess_nodes(found)
    assert {" ".join(one.node.get_content().split()) for one in replaced} == {AIR}


@pytest.mark.parametrize(
    "node",
    [
        Node(id_="n", text_resource={"text": AIR}, metadata={"a": 1}),
        IndexNode(id_="n", text=AIR, index_id="elsewhere", obj=TextNode(id_="behind", text="A book.")),
        ImageNode(id_="n", text=AIR, image_url="http://localhost/plane.png"),
    ],
    ids=lambda node: type(node).__name__,
)
def test_other_nodes_keep_their_kind(store, node):
    store.add([node])
    (again,) = store.get_nodes(["n"])
    assert type(again) is type(node)
    assert again.hash == node.hash
    assert {**again.to_dict(), "relationships": {}} == node.to_dict()


def test_an_index_node_that_stands_for_an_engine_is_kept_without_it(store):
    engine = VectorStoreIndex([], embed_model=MockEmbedding(4)).as_retriever()
    assert store.add([IndexNode(id_="n", text=AIR, index_id="elsewhere", obj=engine)]) == ["n"]
    (again,) = store.get_nodes(["n"])
    assert (again.index_id, again.obj) == ("elsewhere", None)


def test_values_that_json_does_not_know_do_not_lose_the_node(store):
    class Odd:
        def __str__(self):
            return "odd"

    related = TextNode(id_="next", metadata={"odd": Odd()}).as_related_node_info()
    node = TextNode(id_="n", text=AIR, relationships={NodeRelationship.NEXT: related})
    assert store.add([node]) == ["n"]
    (again,) = store.get_nodes(["n"])
    assert again.next_node.metadata == {"odd": "odd"}


def test_it_adds_finds_and_deletes_by_source(store):
    assert store.client is store.index
    given = [Document(id_="air", text=AIR), Document(id_="river", text=RIVER)]
    assert store.add(given) == ["air", "river"]
    assert asyncio.run(store.async_add(given[:1])) == ["air"]
    found = store.query(VectorStoreQuery(query_str="airline", similarity_top_k=1))
    expected = store.index.find("airline", limit=1, min_relevance=0).hits
    assert found.ids == [node.node_id for node in found.nodes] == [hit.document_id for hit in expected]
    assert found.similarities == pytest.approx([hit.relevance for hit in expected], abs=1e-3)
    assert asyncio.run(store.aquery(VectorStoreQuery(query_str="airline", similarity_top_k=1))).ids == found.ids
    store.delete("air")
    asyncio.run(store.adelete("unknown"))
    assert store.index.ids() == ["river"]


def test_a_vector_store_index_searches_it_by_type(store):
    store.add([*by_name("Qantas", "Iberia"), Document(id_="river", text=RIVER, metadata={"name": "river"})])
    filters = MetadataFilters(filters=[MetadataFilter(key="name", value=["Qantas", "river"], operator="in")])
    retriever = VectorStoreIndex.from_vector_store(store, embed_model=MockEmbedding(4)).as_retriever(filters=filters)
    assert [one.node.node_id for one in retriever.retrieve("airline")] == ["Qantas", "river"]
    narrow = VectorStoreQuery(query_str="airline", similarity_top_k=9, doc_ids=["Iberia"])
    assert store.query(narrow).ids == ["Iberia"]


def test_nodes_are_got_deleted_and_cleared(store):
    store.add(by_name("a", "b", "c", "d"))
    ends = MetadataFilters(filters=[MetadataFilter(key="name", value=["a", "d"], operator="in")])
    assert [node.node_id for node in store.get_nodes()] == ["a", "b", "c", "d"]
    assert [node.node_id for node in asyncio.run(store.aget_nodes(["d", "b", "x"]))] == ["d", "b"]
    assert [node.node_id for node in store.get_nodes(["d", "b"], ends)] == ["d"]
    assert store.get_nodes([]) == []
    store.delete_nodes(["a", "b"], ends)
    asyncio.run(store.adelete_nodes(["x"]))
    store.delete_nodes([])
    assert store.index.ids() == ["b", "c", "d"]
    with pytest.raises(FilterError, match=r"clear\(\)"):
        store.delete_nodes()
    asyncio.run(store.aclear())
    assert store.index.ids() == []


def condition(key, value, operator="=="):
    return MetadataFilter(key=key, value=value, operator=operator)


def group(kind, *filters):
    return MetadataFilters(filters=list(filters), condition=kind)


YEARS = {f"y{year}": {"year": year, "kind": "even" if year % 2 == 0 else "odd"} for year in range(6)} | {"none": {}}


@pytest.mark.parametrize(
    "filters",
    [
        group("and", condition("year", 3, ">"), condition("kind", "odd")),
        group("or", condition("year", 1, "<="), condition("year", 5, ">=")),
        group("and", condition("kind", "odd", "!="), condition("year", 4, "<")),
        group("not", condition("kind", "odd"), condition("year", [2, 4], "in")),
        group("and", condition("kind", ["even"], "nin")),
        group("and"),
    ],
)
def test_filters_choose_what_llama_indexs_own_store_chooses(store, filters):
    nodes = [
        TextNode(id_=name, text=f"Qantas, {name}.", metadata=metadata, embedding=[1.0])
        for name, metadata in YEARS.items()
    ]
    store.add(nodes)
    simple = SimpleVectorStore()
    simple.add(nodes)
    expected = simple.query(VectorStoreQuery(query_embedding=[1.0], similarity_top_k=9, filters=filters)).ids
    assert [node.node_id for node in store.get_nodes(filters=filters)] == sorted(expected)


def test_groups_of_filters_can_be_nested_and_turned_round(store):
    store.add([TextNode(id_=name, text=f"Qantas, {name}.", metadata=metadata) for name, metadata in YEARS.items()])
    inner = group("or", condition("kind", "odd"), condition("year", 2))
    expected = {"none", "y0", "y4"}
    assert {node.node_id for node in store.get_nodes(filters=group("not", inner))} == expected
    assert {node.node_id for node in store.get_nodes(filters=group("not", group("not", inner)))} == {*YEARS} - expected
    both = group("not", group("and", condition("kind", "odd"), condition("year", 1)))
    assert {node.node_id for node in store.get_nodes(filters=both)} == {*YEARS} - {"y1"}


def test_it_says_what_it_cannot_be_asked(store):
    for operator in (FilterOperator.TEXT_MATCH, FilterOperator.CONTAINS, FilterOperator.IS_EMPTY):
        with pytest.raises(FilterError, match=f"no operator '{operator.value}'"):
            store.get_nodes(filters=group("and", condition("name", "x", operator)))
    with pytest.raises(FilterError, match="turn the comparison round"):
        store.get_nodes(filters=group(FilterCondition.NOT, condition("year", 1, ">")))
    with pytest.raises(FilterError, match="queried with a text"):
        store.query(VectorStoreQuery(query_embedding=[0.0]))
    with pytest.raises(FilterError, match="queried with a text"):
        store.query(VectorStoreQuery(query_str="airline", mode=VectorStoreQueryMode.MMR))
    with pytest.raises(FilterError, match="node_ids"):
        store.query(VectorStoreQuery(query_str="airline", node_ids=["a"]))
