"""What the LangChain retriever returns, for one type and for many, and with which options."""

import asyncio

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_nerret import EntityTypeRetriever
from pydantic import ValidationError

from nerret_tools import EntityQuery
from nerret_tools.errors import EntityTypeError, FilterError

OPTIONS = [{}, {"recall": 0.9}, {"min_relevance": 0}, {"min_score": 0.0, "where": {"topic": "nature"}}]


@pytest.fixture
def retriever(demo_index):
    return EntityTypeRetriever(index=demo_index, min_relevance=0)


class Trace(BaseCallbackHandler):
    """Keeps what LangChain reports about runs of retrievers."""

    def __init__(self):
        self.queries, self.counts, self.errors, self.metadata = [], [], [], []

    def on_retriever_start(self, serialized, query, *, metadata=None, **kwargs):
        self.queries.append(query)
        self.metadata.append(metadata)

    def on_retriever_end(self, documents, **kwargs):
        self.counts.append(len(documents))

    def on_retriever_error(self, error, **kwargs):
        self.errors.append(error)


@pytest.mark.parametrize("options", OPTIONS)
def test_those_of_a_batch_are_those_of_find_many(demo_index, entity_types, options):
    retriever = EntityTypeRetriever(index=demo_index, **options)
    types = entity_types[:5]
    expected = [[hit.document_id for hit in found.hits] for found in demo_index.find_many(types, **options)]
    assert [[document.id for document in found] for found in retriever.batch(types)] == expected
    assert [[document.id for document in found] for found in asyncio.run(retriever.abatch(types))] == expected


def test_each_result_carries_its_evidence(demo_index, retriever):
    hits = demo_index.find("dinosaur", min_relevance=0).hits
    assert len(hits) > 100
    for document, hit in zip(retriever.invoke("dinosaur"), hits, strict=True):
        assert document.id == document.metadata["id"] == hit.document_id
        assert document.page_content == hit.document.text
        assert document.metadata["topic"] == hit.document.metadata["topic"]
        assert document.metadata["score"] == pytest.approx(hit.score, abs=1e-3)
        assert document.metadata["relevance"] == pytest.approx(hit.relevance, abs=1e-2)
        for mention in document.metadata["mentions"]:
            assert document.page_content[mention["start"] : mention["end"]] == mention["text"]


def test_results_are_new_at_every_call(retriever):
    first = retriever.invoke("dinosaur")
    first[0].metadata["tags"].append("changed")
    assert "changed" not in retriever.invoke("dinosaur")[0].metadata["tags"]
    one, other = retriever.batch(["dinosaur", "dinosaur"])
    one[0].metadata["tags"].append("changed")
    assert "changed" not in other[0].metadata["tags"]


def test_options_of_a_call_replace_those_of_the_retriever(demo_index):
    retriever = EntityTypeRetriever(index=demo_index, k=2, min_relevance=0, max_mentions=1)
    everything = demo_index.find("dinosaur", min_relevance=0).total
    assert len(retriever.invoke("dinosaur")) == 2
    assert len(retriever.invoke("dinosaur", k=5)) == 5
    assert len(retriever.invoke("dinosaur", k=None)) == everything
    assert [len(found) for found in retriever.batch(["dinosaur", "airline"], k=4)] == [4, 4]
    assert all(one.metadata["topic"] == "nature" for one in retriever.invoke("dinosaur", where={"topic": "nature"}))
    assert retriever.invoke("dinosaur", max_mentions=0)[0].metadata["mentions"] == []
    assert len(asyncio.run(retriever.ainvoke("dinosaur", k=3))) == 3


def test_options_may_have_the_names_of_vector_stores(demo_index, retriever):
    expected = EntityTypeRetriever(index=demo_index, where={"topic": "nature"}, min_relevance=0.1).invoke("dinosaur")
    assert expected
    aliased = EntityTypeRetriever(index=demo_index, filter={"topic": "nature"}, score_threshold=0.1)
    assert aliased.invoke("dinosaur") == expected
    assert retriever.invoke("dinosaur", filter={"topic": "nature"}, score_threshold=0.1) == expected
    with pytest.raises(FilterError, match="filter and where are the same option"):
        retriever.invoke("dinosaur", filter={}, where={})


def test_an_option_that_does_not_exist_is_an_error_that_names_it(demo_index, retriever):
    with pytest.raises(FilterError, match="'top_k'; there are k, min_score"):
        retriever.invoke("dinosaur", top_k=3)
    with pytest.raises(FilterError, match="'top_k'"):
        retriever.batch(["dinosaur", "airline"], top_k=3)
    with pytest.raises(ValidationError, match="top_k"):
        EntityTypeRetriever(index=demo_index, top_k=3)
    with pytest.raises(ValidationError, match="k\n"):
        EntityTypeRetriever(index=demo_index, k=0)
    with pytest.raises(ValidationError, match="instance of EntityIndex"):
        EntityTypeRetriever(index="a folder")


def test_a_batch_encodes_all_types_at_once(demo_index, retriever, monkeypatch):
    model, encoded = demo_index.load_model(), []
    encode_types = model.encode_types
    monkeypatch.setattr(model, "encode_types", lambda types: (encoded.append(list(types)), encode_types(types))[1])
    retriever.batch(["dinosaur", "airline", "river"])
    assert encoded == [["dinosaur", "airline", "river"]]
    asyncio.run(retriever.abatch(["dinosaur", "airline"]))
    assert encoded[1:] == [["dinosaur", "airline"]]
    assert retriever.batch([]) == []


def test_a_type_that_fails_in_a_batch_does_not_take_the_others_along(retriever):
    with pytest.raises(EntityTypeError, match="is empty"):
        retriever.batch(["dinosaur", " "])
    first, failed, last = retriever.batch(["dinosaur", " ", "airline"], return_exceptions=True)
    assert isinstance(failed, EntityTypeError)
    assert (first, last) == (retriever.invoke("dinosaur"), retriever.invoke("airline"))
    again = asyncio.run(retriever.abatch(["dinosaur", " ", "airline"], return_exceptions=True))
    assert [type(one) for one in again] == [list, EntityTypeError, list]
    trace = Trace()
    with pytest.raises(EntityTypeError):
        retriever.invoke("", config={"callbacks": [trace]})
    assert [type(error) for error in trace.errors] == [EntityTypeError]


def test_every_run_of_a_batch_is_traced_with_the_model(demo_index, retriever):
    trace = Trace()
    found = retriever.batch(["dinosaur", "airline"], config={"callbacks": [trace]})
    assert sorted(trace.queries) == ["airline", "dinosaur"]
    assert sorted(trace.counts) == sorted(map(len, found))
    for metadata in trace.metadata:
        assert metadata["ls_retriever_name"] == "entitytype"
        assert metadata["ls_vector_store_provider"] == "Chroma"
        assert metadata["ls_embedding_model"] == demo_index.stats().model


def test_types_are_combined_by_options_of_a_call(demo_index):
    retriever = EntityTypeRetriever(index=demo_index, none_of=["bird"], k=5)
    either = demo_index.find(EntityQuery(any_of=["dinosaur", "airline"]), limit=5)
    asked = {"any_of": ["dinosaur", "airline"], "none_of": None}
    for found in (retriever.invoke("", **asked), *retriever.batch([""], **asked)):
        assert [one.id for one in found] == [hit.document_id for hit in either.hits]
    with pytest.raises(EntityTypeError, match="in all_of and in none_of"):
        retriever.invoke("Bird")


def test_the_tool_of_entities_tells_the_agent_what_it_can_mend(retriever):
    assert "in any_of and in none_of" in retriever.as_entities_tool().invoke(
        {"any_of": ["river"], "none_of": ["river"]}
    )
