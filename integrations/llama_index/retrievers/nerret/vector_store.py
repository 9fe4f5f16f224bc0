"""`EntityIndexVectorStore`: an entity index in the place where a pipeline expects its vector store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)
from llama_index.retrievers.nerret.conversion import REF_DOC_ID, from_nodes, to_entity_type, to_node
from llama_index.retrievers.nerret.ingestion import log_failures
from pydantic import Field

from nerret_tools import EntityIndex, FindResult
from nerret_tools.errors import FilterError

__all__ = ["EntityIndexVectorStore"]


class EntityIndexVectorStore(BasePydanticVectorStore):
    """Lets an `IngestionPipeline` delete from an entity index what its docstore replaces or drops.

    Use it together with `EntityIndexTransform`, which does the adding: a pipeline hands over only nodes
    that carry an embedding of their own. Search with `EntityTypeRetriever`, which can do more than ``query``.

    Args:
        index: The index.
    """

    stores_text: bool = True
    is_embedding_query: bool = False
    index: EntityIndex = Field(exclude=True, repr=False)

    def __init__(self, index: EntityIndex) -> None:
        fields: dict[str, Any] = {"index": index}
        super().__init__(**fields)

    @classmethod
    def class_name(cls) -> str:
        """Name of this store in LlamaIndex's records."""
        return "EntityIndexVectorStore"

    @property
    def client(self) -> EntityIndex:
        """The index."""
        return self.index

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Add nodes; their embeddings are not used. Return the ids of those that are in the index now."""
        failed = log_failures(self.index.add(from_nodes(nodes)))
        return [node.node_id for node in nodes if node.node_id not in failed]

    async def async_add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Add as `add` does, without blocking the event loop."""
        return await asyncio.to_thread(self.add, nodes)

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Delete all nodes of a source document; none is no error."""
        self.index.delete(self.index.ids({REF_DOC_ID: ref_doc_id}))

    async def adelete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Delete as `delete` does, without blocking the event loop."""
        await asyncio.to_thread(self.delete, ref_doc_id)

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """Find the ``similarity_top_k`` best documents for the type that is the query's text, without a cut-off.

        Raises:
            FilterError: The query asks for what an entity index does otherwise or not at all.
        """
        return _as_result(self.index.find(_entity_type(query), limit=query.similarity_top_k, min_relevance=0))

    async def aquery(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """Find as `query` does, without blocking the event loop."""
        found = await self.index.afind(_entity_type(query), limit=query.similarity_top_k, min_relevance=0)
        return _as_result(found)


def _entity_type(query: VectorStoreQuery) -> str:
    narrowed = query.filters or query.doc_ids or query.node_ids
    if query.query_str is None or narrowed or query.mode != VectorStoreQueryMode.DEFAULT:
        raise FilterError(
            "an entity index is queried with a text in default mode, without filters or ids; "
            "use EntityTypeRetriever(index, where=...) to filter"
        )
    return to_entity_type(query.query_str)


def _as_result(found: FindResult) -> VectorStoreQueryResult:
    scored = [to_node(hit) for hit in found.hits]
    return VectorStoreQueryResult(
        nodes=[one.node for one in scored],
        similarities=[hit.score for hit in found.hits],
        ids=[hit.document_id for hit in found.hits],
    )
