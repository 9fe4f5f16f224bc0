"""A LangChain retriever that finds every document with an entity of a type named at query time."""

from nerret_tools.errors import MissingExtraError

try:
    from langchain_nerret.retriever import EntityTypeRetriever
    from langchain_nerret.transformer import EntityTransformer
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] != "langchain_core":
        raise
    raise MissingExtraError("langchain_nerret", "langchain") from error

__all__ = ["EntityTransformer", "EntityTypeRetriever"]
