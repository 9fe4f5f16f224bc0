"""`EntityTypeRetriever`: an entity type in, LangChain documents out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever, LangSmithRetrieverParams
from pydantic import ConfigDict, Field

from langchain_nerret.conversion import from_langchain, pair_up, to_langchain
from nerret_tools import AddReport, EntityIndex, FindResult
from nerret_tools.errors import FilterError, InputError

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
    from langchain_core.runnables import RunnableConfig

logger = logging.getLogger(__name__)

_OPTIONS = ("k", "min_score", "min_relevance", "where", "max_mentions")
"""Fields that ``invoke`` and its kin take as keyword arguments too."""

_FOUND = "_found"
"""Keyword argument that carries the answers of a batch through LangChain to each of its runs."""


class EntityTypeRetriever(BaseRetriever):
    """Retrieves every document that mentions an entity of the type that is the query.

    The query names a type, ``retriever.invoke("dinosaur")``; it is no question. All documents over the
    cut-off are returned, best first, unless ``k`` says fewer. The search options can be given at
    each call as well: ``retriever.invoke("dinosaur", k=3)``.

    Each result has its ``id``, and in its metadata the user's own, ``id``, ``score``, ``relevance`` and
    ``mentions`` (text, span, scores and archetype of each). Errors are those of `EntityIndex.find`.
    """

    model_config = ConfigDict(extra="forbid")  # a misspelt option must not be dropped in silence

    index: EntityIndex = Field(exclude=True, repr=False)
    """The index that is searched. Close it when done: ``retriever.index.close()``."""

    k: int | None = Field(default=None, ge=1)
    """Documents to return at most; ``None``: all over the cut-off."""

    min_score: float | None = None
    """Lowest cosine; replaces the model's default cut-off."""

    min_relevance: float | None = Field(default=None, ge=0, le=1)
    """Lowest relevance; 0 switches the cut-off off."""

    where: dict[str, Any] | None = None
    """Filter on metadata, ``{"source": "wiki"}`` or Chroma's operators."""

    max_mentions: int = Field(default=3, ge=0)
    """Mentions shown a document."""

    embedding_model: str = Field(default_factory=lambda fields: str(fields["index"].stats().model))
    """Name of the index's model, for traces. Read from the index."""

    @classmethod
    def from_documents(
        cls, documents: Iterable[Document], *, path: str | Path, name: str = "default", **options: Any
    ) -> Self:
        """Open or make an index, add documents to it, and search it.

        Documents that cannot be indexed are logged as warnings; use `add_documents` for a report.

        Args:
            documents: As for `add_documents`.
            path: Folder of the index, or ``http://host:port`` of a Chroma server.
            name: Name of the index in that place.
            options: Fields of this class, such as ``k``.

        Raises:
            StoreError: The place cannot be used; see `EntityIndex.open`.
        """
        with ExitStack() as on_failure:
            index = on_failure.enter_context(EntityIndex.open(path, name))
            retriever = cls(index=index, **options)
            report = retriever.add_documents(documents)
            on_failure.pop_all()
        for failed in report.failed:
            logger.warning("document %r (number %d) was not indexed: %s", failed.id, failed.position, failed.reason)
        return retriever

    @classmethod
    def from_texts(
        cls,
        texts: Iterable[str],
        metadatas: Iterable[dict[str, Any]] | None = None,
        *,
        ids: Iterable[str] | None = None,
        path: str | Path,
        name: str = "default",
        **options: Any,
    ) -> Self:
        """Do as `from_documents` does, with texts.

        Raises:
            InputError: ``metadatas`` or ``ids`` are not as many as the texts.
        """
        return cls.from_documents(pair_up(texts, metadatas, ids), path=path, name=name, **options)

    @classmethod
    async def afrom_documents(
        cls, documents: Iterable[Document], *, path: str | Path, name: str = "default", **options: Any
    ) -> Self:
        """Do as `from_documents` does, without blocking the event loop."""
        return await asyncio.to_thread(cls.from_documents, documents, path=path, name=name, **options)

    @classmethod
    async def afrom_texts(
        cls, texts: Iterable[str], metadatas: Iterable[dict[str, Any]] | None = None, **options: Any
    ) -> Self:
        """Do as `from_texts` does, without blocking the event loop."""
        return await asyncio.to_thread(cls.from_texts, texts, metadatas, **options)

    def add_documents(self, documents: Iterable[Document]) -> AddReport:
        """Add documents, or bring them up to date; what has not changed costs nothing.

        Args:
            documents: Any iterable, such as a loader's ``lazy_load()``; it is streamed. A document
                without an id gets one made from its text and metadata.

        Returns:
            What was done, with the documents that could not be indexed and why.
        """
        return self.index.add(from_langchain(documents))

    async def aadd_documents(self, documents: Iterable[Document]) -> AddReport:
        """Add as `add_documents` does, without blocking the event loop."""
        return await self.index.aadd(from_langchain(documents))

    def delete(self, ids: Iterable[str]) -> int:
        """Delete documents from the index; return how many there were."""
        return self.index.delete(ids)

    async def adelete(self, ids: Iterable[str]) -> int:
        """Delete as `delete` does, without blocking the event loop."""
        return await self.index.adelete(ids)

    def batch(
        self,
        inputs: list[str],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[list[Document]]:
        """Retrieve for several types, which are encoded and compared at once."""
        try:
            kwargs |= {_FOUND: self._by_type(inputs, self.index.find_many(inputs, **self._search_options(kwargs)))}
        except InputError as error:
            logger.debug("asking for each type by itself, so that each gets its own answer or error: %s", error)
        return super().batch(inputs, config, return_exceptions=return_exceptions, **kwargs)

    async def abatch(
        self,
        inputs: list[str],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[list[Document]]:
        """Retrieve as `batch` does, without blocking the event loop."""
        try:
            found = await self.index.afind_many(inputs, **self._search_options(kwargs))
            kwargs |= {_FOUND: self._by_type(inputs, found)}
        except InputError as error:
            logger.debug("asking for each type by itself, so that each gets its own answer or error: %s", error)
        return await super().abatch(inputs, config, return_exceptions=return_exceptions, **kwargs)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        found = kwargs.get(_FOUND)
        result = found[query] if found is not None else self.index.find(query, **self._search_options(kwargs))
        return _documents(result)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        found = kwargs.get(_FOUND)
        result = found[query] if found is not None else await self.index.afind(query, **self._search_options(kwargs))
        return await asyncio.to_thread(_documents, result)  # thousands of documents take a while

    def _get_ls_params(self, **kwargs: Any) -> LangSmithRetrieverParams:
        return LangSmithRetrieverParams(
            **super()._get_ls_params(**kwargs),
            ls_vector_store_provider="Chroma",
            ls_embedding_provider="nerret-tools",
            ls_embedding_model=self.embedding_model,
        )

    def _search_options(self, overrides: dict[str, Any]) -> dict[str, Any]:
        """The fields, replaced by what this call says, under the names that `EntityIndex.find` uses."""
        given = {name: value for name, value in overrides.items() if name != "verbose"}  # LangChain's own
        unknown = sorted(given.keys() - set(_OPTIONS))
        if unknown:
            raise FilterError(f"unknown search option {unknown[0]!r}; there are {', '.join(_OPTIONS)}")
        options = {name: getattr(self, name) for name in _OPTIONS} | given
        return {"limit": options.pop("k"), **options}

    @staticmethod
    def _by_type(entity_types: list[str], found: list[FindResult]) -> dict[str, FindResult]:
        return dict(zip(entity_types, found, strict=True))


def _documents(result: FindResult) -> list[Document]:
    return [to_langchain(hit) for hit in result.hits]
