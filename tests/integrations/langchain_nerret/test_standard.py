"""LangChain's own tests for retrievers and document indexes, as they are, without a network."""

import pytest
import pytest_socket
from langchain_nerret import EntityTypeRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests
from langchain_tests.integration_tests.indexer import AsyncDocumentIndexTestSuite, DocumentIndexerTestSuite

# LangChain's tests count on pytest-asyncio's automatic mode; this mark does the same for their one coroutine.
pytest.mark.asyncio(RetrieversIntegrationTests.test_ainvoke_returns_documents)


@pytest.fixture(autouse=True)
def no_network():
    pytest_socket.disable_socket(allow_unix_socket=True)  # an event loop wakes itself through one
    yield
    pytest_socket.enable_socket()


class TestEntityTypeRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _use_demo_index(self, demo_index):
        self.index = demo_index

    @property
    def retriever_constructor(self):
        return EntityTypeRetriever

    @property
    def retriever_constructor_params(self):
        return {"index": self.index, "min_relevance": 0}

    @property
    def retriever_query_example(self):
        return "dinosaur"


class TestDocumentIndex(DocumentIndexerTestSuite):
    @pytest.fixture
    def index(self, small_index):
        return EntityTypeRetriever(index=small_index)


@pytest.mark.asyncio
class TestAsyncDocumentIndex(AsyncDocumentIndexTestSuite):
    @pytest.fixture
    def index(self, small_index):
        return EntityTypeRetriever(index=small_index)
