"""`EntityTypeRetriever`: an entity type in, scored nodes out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.callbacks import CallbackManager
from llama_index.core.schema import IndexNode, NodeWithScore, QueryBundle
from llama_index.core.tools import FunctionTool
from llama_index.core.vector_stores.types import MetadataFilters
from llama_index.retrievers.nerret.conversion import to_entity_type, to_found_node
from llama_index.retrievers.nerret.filters import every, to_where
from llama_index.retrievers.nerret.tool import as_function_tool

from nerret_tools import EntityIndex, FindResult, showing
from nerret_tools.entity_query import Asked, Scope, asked_of


class EntityTypeRetriever(BaseRetriever):
    """Retrieves every document that mentions an entity of the type that is the query.

    The query names a type, ``retriever.retrieve("dinosaur")``; it is no question. What comes back are
    `FoundNode`: the nodes as they were indexed, with their relevance as the score and with ``mentions``
    (text, span, scores and archetype of each) beside the node. Errors are those of `EntityIndex.find`.

    Args:
        index: The index that is searched.
        similarity_top_k: Documents to return at most; ``None``: all over the cut-off.
        min_score: Lowest cosine; replaces the model's default cut-off.
        min_relevance: Lowest relevance; 0 switches the cut-off off.
        recall: The share of all right documents to expect, such as 0.9, in the place of the other cut-offs.
        where: Filter on metadata, ``{"source": "wiki"}`` or Chroma's operators.
        filters: The same as LlamaIndex writes it; both must hold.
        max_mentions: Names shown a document.
        any_of: With one of the following: types that are asked for beside the query, see `EntityQuery`. An empty query
            asks for these alone.
        all_of: The same.
        none_of: The same.
        scope: The same.
        callback_manager: LlamaIndex's callbacks.
        object_map: Document ids and what is retrieved in their place: a node, retriever or query engine.
        objects: The same as index nodes, whose ``index_id`` is the document's id.
        verbose: Print what is retrieved from ``objects``.
    """

    def __init__(
        self,
        index: EntityIndex,
        *,
        similarity_top_k: int | None = None,
        min_score: float | None = None,
        min_relevance: float | None = None,
        recall: float | None = None,
        where: Mapping[str, Any] | None = None,
        filters: MetadataFilters | None = None,
        max_mentions: int = 3,
        any_of: Sequence[str] | None = None,
        all_of: Sequence[str] | None = None,
        none_of: Sequence[str] | None = None,
        scope: Scope = "mention",
        callback_manager: CallbackManager | None = None,
        object_map: dict[str, Any] | None = None,
        objects: list[IndexNode] | None = None,
        verbose: bool = False,
    ) -> None:
        self.index = index
        self._options: dict[str, Any] = {
            "limit": similarity_top_k,
            "min_score": min_score,
            "min_relevance": min_relevance,
            "recall": recall,
            "where": every(where, to_where(filters)),
            "max_mentions": max_mentions,
        }
        self._beside = {"any_of": any_of, "all_of": all_of, "none_of": none_of}
        self._scope: Scope = scope
        super().__init__(callback_manager=callback_manager, object_map=object_map, objects=objects, verbose=verbose)

    def as_tool(self, name: str = showing.NAME, description: str = showing.DESCRIPTION) -> FunctionTool:
        """Offer the index to an agent as a function of ``entity_type``, with pages.

        The agent may pass ``limit``, ``min_relevance``, ``filters`` (a dictionary, in addition to the retriever's
        own) and the ``cursor`` of the page before. It reads evidence: ids, relevances, names and the words around
        the best one. ``raw_output`` is the `FindResult`, whose hits have the documents.
        """
        return as_function_tool(self._page, showing.text_page, name, description)

    def as_entities_tool(
        self, name: str = showing.ENTITIES_NAME, description: str = showing.ENTITIES_DESCRIPTION
    ) -> FunctionTool:
        """Offer the index's entities of a type to an agent, each once; arguments as of `as_tool`.

        ``raw_output`` is the `EntityPage`.
        """
        kept = {key: self._options[key] for key in ("limit", "min_relevance", "recall", "where")}
        return as_function_tool(
            lambda passed: self.index.entities(_asked(passed), **passed.options(kept)),
            showing.entity_text,
            name,
            description,
        )

    def _page(self, passed: showing.FindArguments) -> FindResult:
        return self.index.find(_asked(passed), **passed.options(self._options))

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self.index.find(self._question(query_bundle), **self._options)
        return [to_found_node(hit, self.object_map) for hit in found.hits]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)

    def _question(self, query_bundle: QueryBundle) -> Asked:
        return asked_of(to_entity_type(query_bundle.query_str), **self._beside, scope=self._scope)


def _asked(passed: showing.FindArguments) -> Asked:
    words = passed.entity_type
    return passed.model_copy(update={"entity_type": None if words is None else to_entity_type(words)}).asked()
