"""The retriever where LangChain's users put one: in a chain, an ensemble, a tool, behind a configuration."""

import pytest
from langchain_classic.retrievers import EnsembleRetriever, MultiQueryRetriever
from langchain_core.documents import Document
from langchain_core.language_models import FakeListChatModel, FakeListLLM
from langchain_core.load import dumpd, load
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import ConfigurableField, RunnableLambda, RunnablePassthrough
from langchain_core.tools import create_retriever_tool
from langchain_nerret import EntityTypeRetriever


@pytest.fixture
def retriever(demo_index):
    return EntityTypeRetriever(index=demo_index, k=4, min_relevance=0)


def test_in_a_chain_its_documents_reach_the_prompt(demo_index, retriever):
    asked = []
    prompt = ChatPromptTemplate.from_template("List every {entity_type} in:\n{context}")
    chain = (
        {
            "context": retriever | (lambda documents: "\n".join(f"[{one.id}] {one.page_content}" for one in documents)),
            "entity_type": RunnablePassthrough(),
        }
        | prompt
        | RunnableLambda(lambda value: asked.append(value.to_string()) or value)
        | FakeListChatModel(responses=["done"])
        | StrOutputParser()
    )
    assert chain.invoke("dinosaur") == "done"
    for hit in demo_index.find("dinosaur", limit=4, min_relevance=0).hits:
        assert f"[{hit.document_id}] {hit.document.text}" in asked[0]
    assert chain.batch(["airline", "river"]) == ["done", "done"]


def test_a_document_found_by_two_wordings_is_one_document(retriever):
    one, other = (
        {document.id: document for document in retriever.invoke(wording)} for wording in ("dinosaur", "dinosaur fossil")
    )
    twice = one.keys() & other.keys()
    assert twice
    for name in twice:
        assert one[name] == other[name]
        assert one[name].metadata["score"] != other[name].metadata["score"]
    first = next(iter(one.values()))
    assert first not in [document for name, document in one.items() if name != first.id]
    assert Document(**first.model_dump()) == first
    model = FakeListLLM(responses=["dinosaur\ndinosaur fossil"])
    found = MultiQueryRetriever.from_llm(retriever, model).invoke("dinosaur")
    assert sorted(document.id for document in found) == sorted(one.keys() | other.keys())


@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
def test_a_found_document_is_written_down_as_langchains_own(retriever):
    found = retriever.invoke("dinosaur")[0]
    again = load(dumpd(found), allowed_objects="core")
    assert type(again) is Document
    assert again.model_dump() == found.model_dump()


def test_in_an_ensemble_documents_are_told_apart_by_id(demo_index, retriever):
    of_nature = EntityTypeRetriever(index=demo_index, k=4, min_relevance=0, where={"topic": "nature"})
    ensemble = EnsembleRetriever(retrievers=[retriever, of_nature], weights=[0.5, 0.5], id_key="id")
    found = [document.id for document in ensemble.invoke("dinosaur")]
    expected = {document.id for one in (retriever, of_nature) for document in one.invoke("dinosaur")}
    assert len(found) == len(set(found))
    assert set(found) == expected


class Words(BaseRetriever):
    """A keyword retriever over documents as they are, as LangChain's BM25 is."""

    documents: list[Document]

    def _get_relevant_documents(self, query, *, run_manager):
        return [document for document in self.documents if query in document.page_content]


@pytest.mark.parametrize("id_key", ["id", None])
def test_an_ensemble_with_a_keyword_retriever_has_each_document_once(demo_index, retriever, id_key):
    found = retriever.invoke("dinosaur")
    documents = retriever.get_by_ids(demo_index.ids())
    for document in documents:
        document.metadata["id"] = document.id  # what the guide says
    ensemble = EnsembleRetriever(retrievers=[retriever, Words(documents=documents)], id_key=id_key)
    fused = [document.id for document in ensemble.invoke("dinosaur")]
    by_word = {document.id for document in documents if "dinosaur" in document.page_content}
    assert by_word
    assert sorted(fused) == sorted({document.id for document in found} | by_word)


def test_as_a_tool_it_returns_text_and_documents(retriever):
    tool = create_retriever_tool(
        retriever, "find_entities", "Finds documents by entity type.", response_format="content_and_artifact"
    )
    call = {"type": "tool_call", "id": "1", "name": tool.name, "args": {"query": "dinosaur"}}
    message = tool.invoke(call)
    assert message.artifact == retriever.invoke("dinosaur")
    assert message.content == "\n\n".join(document.page_content for document in message.artifact)


def test_a_tool_of_its_own_takes_what_the_engine_takes(retriever):
    tool = retriever.as_tool()
    assert tool.name == "find_documents_with_entity_type"
    types = ["entity_type", "any_of", "all_of", "none_of", "scope"]
    assert list(tool.args) == [*types, "limit", "min_relevance", "recall", "filters", "cursor"]


def test_the_tool_tells_the_agent_what_it_can_mend(retriever):
    assert "the entity type is empty" in retriever.as_tool(name="find_it").invoke({"entity_type": " "})


def test_k_can_be_configured_at_run_time(retriever):
    configurable = retriever.configurable_fields(k=ConfigurableField(id="k"))
    assert len(configurable.invoke("dinosaur")) == 4
    assert len(configurable.invoke("dinosaur", config={"configurable": {"k": 2}})) == 2
    assert len(configurable.with_config(configurable={"k": 3}).invoke("dinosaur")) == 3
