"""Entities in the metadata of LangChain's documents."""

import asyncio

import pytest
from langchain_core.documents import BaseDocumentTransformer, Document
from langchain_nerret import EntityTransformer

from nerret_tools.errors import EntityTypeError

DOCUMENTS = [
    Document("Angela Merkel studied in Leipzig .", id="m", metadata={"year": 1973}),
    Document("Nothing happened ."),
]


@pytest.fixture(scope="module")
def transformer():
    return EntityTransformer({"politician": "a person who holds public office", "city": "a large town"})


def test_documents_go_out_with_entities_and_stay_as_they_were(transformer):
    assert isinstance(transformer, BaseDocumentTransformer)
    first, second = transformer.transform_documents(DOCUMENTS)
    assert (first.id, first.page_content, first.metadata["year"]) == ("m", DOCUMENTS[0].page_content, 1973)
    assert ("Angela Merkel", "politician") in {(one["text"], one["type"]) for one in first.metadata["entities"]}
    assert second.metadata["entities"] == []
    assert "entities" not in DOCUMENTS[0].metadata


def test_the_asynchronous_twin_answers_alike(transformer):
    assert asyncio.run(transformer.atransform_documents(DOCUMENTS)) == transformer.transform_documents(DOCUMENTS)


def test_the_cut_off_can_be_given_with_the_call(transformer):
    (document,) = transformer.transform_documents(DOCUMENTS[:1], min_relevance=1.0)
    assert document.metadata["entities"] == []
    with pytest.raises(TypeError, match="min_score"):
        transformer.transform_documents(DOCUMENTS, min_score=1.0)


def test_types_that_cannot_be_used_are_an_error():
    with pytest.raises(EntityTypeError, match="no types"):
        EntityTransformer([]).transform_documents(DOCUMENTS)
