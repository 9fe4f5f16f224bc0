"""LlamaIndex over an entity index: a retriever, an ingestion step and the store that lets upserts delete."""

from nerret_tools.errors import MissingExtraError

try:
    from llama_index.retrievers.nerret.conversion import FoundNode
    from llama_index.retrievers.nerret.ingestion import EntityIndexTransform, forget_missing
    from llama_index.retrievers.nerret.retriever import EntityTypeRetriever
    from llama_index.retrievers.nerret.vector_store import EntityIndexVectorStore
except ModuleNotFoundError as error:
    if not (error.name or "").startswith("llama_index.core"):
        raise
    raise MissingExtraError("llama_index.retrievers.nerret", "llama-index") from error

__all__ = ["EntityIndexTransform", "EntityIndexVectorStore", "EntityTypeRetriever", "FoundNode", "forget_missing"]
