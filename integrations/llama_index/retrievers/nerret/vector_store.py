"""`EntityIndexVectorStore`: an entity index in the place where a pipeline expects its vector store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)
from llama_index.retrievers.nerret.conversion import REF_DOC_ID, from_nodes, to_entity_type, to_found_node, to_node
from llama_index.retrievers.nerret.filters import every, to_where
from llama_index.retrievers.nerret.ingestion import log_failures
from pydantic import Field

from nerret_tools import EntityIndex, FindResult
from nerret_tools.errors import FilterError
from nerret_tools.twins import twin

_twin: Callable[[Any], Any] = twin
"""Without its type, which is that of this class's methods, not of the base class's."""


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

    async_add = _twin(add)

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Delete all nodes of a source document; none is no error."""
        self.index.delete(self.index.ids({REF_DOC_ID: ref_doc_id}))

    adelete = _twin(delete)

    def get_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None) -> list[BaseNode]:
        """Return nodes as they were added: those of the ids that match the filters, in the ids' order.

        Args:
            node_ids: ``None`` for all, sorted; unknown ones are left out.
            filters: On metadata.

        Raises:
            FilterError: The index does not have such a filter.
        """
        return [to_node(document) for document in self.index.get(self._chosen(node_ids, filters))]

    aget_nodes = _twin(get_nodes)

    def delete_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None, **delete_kwargs: Any
    ) -> None:
        """Delete the nodes that `get_nodes` would return.

        Raises:
            FilterError: Neither ids nor filters are given, which would be all nodes; see `clear`.
        """
        if node_ids is None and filters is None:
            raise FilterError("delete_nodes needs node_ids or filters; clear() deletes all nodes")
        self.index.delete(self._chosen(node_ids, filters))

    adelete_nodes = _twin(delete_nodes)

    def clear(self) -> None:
        """Delete everything that is in the index."""
        self.index.delete(self.index.ids())

    aclear = _twin(clear)

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """Find the ``similarity_top_k`` best documents for the type that is the query's text, without a cut-off.

        Similarities are relevances.

        Raises:
            FilterError: The query asks for what an entity index does otherwise or not at all.
        """
        return _as_result(self.index.find(**_search(query)))

    aquery = _twin(query)

    def _chosen(self, node_ids: list[str] | None, filters: MetadataFilters | None) -> list[str]:
        where = to_where(filters)
        if node_ids is None or where:
            matching = self.index.ids(where)
            if node_ids is None:
                return matching
            known = set(matching)
            return [one for one in node_ids if one in known]
        return node_ids


def _search(query: VectorStoreQuery) -> dict[str, Any]:
    """The arguments of `EntityIndex.find` for a query."""
    if query.query_str is None or query.mode != VectorStoreQueryMode.DEFAULT:
        raise FilterError("an entity index is queried with a text, the entity type, in default mode")
    if query.node_ids:
        raise FilterError("an entity index cannot be searched by node_ids; filter by metadata, or by doc_ids")
    sources = {REF_DOC_ID: {"$in": query.doc_ids}} if query.doc_ids else None
    return {
        "entity_type": to_entity_type(query.query_str),
        "limit": query.similarity_top_k,
        "min_relevance": 0,
        "where": every(to_where(query.filters), sources),
    }


def _as_result(found: FindResult) -> VectorStoreQueryResult:
    scored = [to_found_node(hit) for hit in found.hits]
    return VectorStoreQueryResult(
        nodes=[one.node for one in scored],
        similarities=[one.score or 0.0 for one in scored],
        ids=[one.node.node_id for one in scored],
    )
