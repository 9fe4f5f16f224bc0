"""The retriever where LangChain's users put one: in a chain, an ensemble, a tool, behind a configuration."""

from __future__ import annotations

import subprocess
import sys

import pytest
from langchain_classic.retrievers import EnsembleRetriever
from langchain_core.language_models import FakeListChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
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


def test_in_an_ensemble_documents_are_told_apart_by_id(demo_index, retriever):
    of_nature = EntityTypeRetriever(index=demo_index, k=4, min_relevance=0, where={"topic": "nature"})
    ensemble = EnsembleRetriever(retrievers=[retriever, of_nature], weights=[0.5, 0.5], id_key="id")
    found = [document.id for document in ensemble.invoke("dinosaur")]
    expected = {document.id for one in (retriever, of_nature) for document in one.invoke("dinosaur")}
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_as_a_tool_it_returns_text_and_documents(retriever):
    tool = create_retriever_tool(
        retriever, "find_entities", "Finds documents by entity type.", response_format="content_and_artifact"
    )
    call = {"type": "tool_call", "id": "1", "name": tool.name, "args": {"query": "dinosaur"}}
    message = tool.invoke(call)
    assert message.artifact == retriever.invoke("dinosaur")
    assert message.content == "\n\n".join(document.page_content for document in message.artifact)


def test_k_can_be_configured_at_run_time(retriever):
    configurable = retriever.configurable_fields(k=ConfigurableField(id="k"))
    assert len(configurable.invoke("dinosaur")) == 4
    assert len(configurable.invoke("dinosaur", config={"configurable": {"k": 2}})) == 2
    assert len(configurable.with_config(configurable={"k": 3}).invoke("dinosaur")) == 3


def test_a_missing_extra_is_named():
    script = (
        "import sys; sys.modules['langchain_core'] = None\n"
        "from nerret_tools.errors import MissingExtraError\n"
        "try:\n    import langchain_nerret\n"
        "except MissingExtraError as error:\n    print(isinstance(error, ImportError), error)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout == "True langchain_nerret needs an optional package: pip install 'nerret-tools[langchain]'\n"
