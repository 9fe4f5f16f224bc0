"""`EntityIndexTransform`: the step of an ingestion pipeline that indexes what passes through."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from llama_index.core.schema import BaseNode, TransformComponent
from llama_index.core.storage.docstore.types import BaseDocumentStore
from llama_index.retrievers.nerret.conversion import REF_DOC_ID, from_nodes
from pydantic import Field

from nerret_tools import AddReport, EntityIndex
from nerret_tools.errors import InputError

logger = logging.getLogger(__name__)

_READ_AT_ONCE = 1_000
"""Documents whose sources are looked up at a time."""


class EntityIndexTransform(TransformComponent):
    """Adds the nodes of an `IngestionPipeline` to an entity index and passes them on unchanged.

    Give the pipeline an `EntityIndexVectorStore` of the same index and a docstore, and changed or vanished
    documents are replaced or deleted in the index too. Nodes that cannot be indexed are logged as warnings.

    What the pipeline's cache may skip: it recognises a step by its fields, and those say which index, which
    model in which revision, and the index's generation. So nothing is taken from the cache once the
    index has changed, and the index itself recognises what it already has. The cache knows a node by text and
    metadata, not by id: the same text with the same metadata under a second id needs ``disable_cache=True``.

    Args:
        index: The index to add to.
    """

    index: EntityIndex = Field(exclude=True, repr=False)
    index_id: str
    model: str
    revision: str

    def __init__(self, index: EntityIndex) -> None:
        stats = index.stats()
        fields = {"index": index, "index_id": stats.index_id, "model": stats.model, "revision": stats.fingerprint}
        super().__init__(**fields)

    @classmethod
    def class_name(cls) -> str:
        """Name of this step in LlamaIndex's records."""
        return "EntityIndexTransform"

    def to_dict(self, **kwargs: Any) -> dict[str, Any]:
        """Describe the step for the cache, with the generation of the index as it is now."""
        return {**super().to_dict(**kwargs), "generation": self.index.stats().generation}

    def __call__(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """Index the nodes and return them."""
        self._warn_of_nothing(nodes)
        log_failures(self.index.add(from_nodes(nodes)))
        return nodes

    async def acall(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """Do as a call does, without blocking the event loop."""
        self._warn_of_nothing(nodes)
        log_failures(await self.index.aadd(from_nodes(nodes)))
        return nodes

    def _warn_of_nothing(self, nodes: Sequence[BaseNode]) -> None:
        if not nodes and not self.index.stats().documents:
            logger.warning(
                "the pipeline passed no node on, and the index is empty: where its docstore was kept from another "
                "index, call forget_missing(docstore, index) before the pipeline runs"
            )

    def __getstate__(self) -> dict[str, Any]:
        """Refuse to be sent to another process, where the index could not be opened."""
        raise InputError("an index is open in one process only; run the pipeline without num_workers")


def forget_missing(docstore: BaseDocumentStore, index: EntityIndex) -> list[str]:
    """Make a docstore forget the documents that are not in an index, so that a pipeline indexes them again.

    A docstore that was kept while the index was deleted, made anew or not written to the end makes a pipeline
    skip what it has seen before. Call this before the pipeline runs; where nothing is missing it changes nothing.

    Returns:
        Ids of the documents that it forgot, sorted.
    """
    ids = index.ids()
    held = set(ids)
    for start in range(0, len(ids), _READ_AT_ONCE):
        documents = index.get(ids[start : start + _READ_AT_ONCE])
        held |= {str(one.metadata[REF_DOC_ID]) for one in documents if REF_DOC_ID in one.metadata}
    seen = {*docstore.get_all_document_hashes().values(), *docstore.docs}
    missing = sorted(one for one in seen if one not in held)
    for one in missing:
        docstore.delete_ref_doc(one, raise_error=False)
        docstore.delete_document(one, raise_error=False)
    return missing


def log_failures(report: AddReport) -> set[str]:
    """Log what could not be indexed and return its ids."""
    for failed in report.failed:
        logger.warning("node %r was not indexed: %s", failed.id, failed.reason)
    return {failed.id for failed in report.failed if failed.id is not None}
