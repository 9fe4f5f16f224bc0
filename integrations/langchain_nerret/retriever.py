"""`EntityTypeRetriever`: an entity type in, LangChain documents out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from langchain_core.documents import Document
from langchain_core.indexing.base import DeleteResponse, DocumentIndex, UpsertResponse
from langchain_core.retrievers import LangSmithRetrieverParams
from pydantic import ConfigDict, Field, PrivateAttr, model_validator

from langchain_nerret.conversion import as_stored, from_langchain, id_of, pair_up, to_langchain
from langchain_nerret.tool import as_entities_tool, as_structured_tool
from nerret_tools import AddReport, EntityIndex
from nerret_tools.entity_query import Asked, Scope, asked_of
from nerret_tools.errors import FilterError, InputError
from nerret_tools.twins import twin

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
    from langchain_core.runnables import RunnableConfig
    from langchain_core.tools import BaseTool
    from pydantic import BaseModel

logger = logging.getLogger(__name__)

_OPTIONS = ("k", "min_score", "min_relevance", "recall", "where", "max_mentions")
_COMBINATION = ("any_of", "all_of", "none_of", "scope")
"""Fields that ``invoke`` and its kin take as keyword arguments too."""

_ALIASES = {"filter": "where", "score_threshold": "min_relevance"}
"""What LangChain's vector stores call two of them."""

_OF_THE_INDEX = ("model", "create", "detector", "backbone", "precision", "device", "scan_dtype")
"""Options of `EntityIndex.open`, where an index is opened or made."""

_FOUND = "_found"
"""Keyword argument that carries the answers of a batch through LangChain to each of its runs."""


class EntityTypeRetriever(DocumentIndex):
    """Retrieves every document that mentions an entity of the type that is the query.

    The query names a type, ``retriever.invoke("dinosaur")``; it is no question. All documents over the
    cut-off are returned, best first, unless ``k`` says fewer. The search options can be given at
    each call as well: ``retriever.invoke("dinosaur", k=3)``; ``filter`` and ``score_threshold`` mean ``where`` and
    ``min_relevance``. It is a `DocumentIndex` too: ``langchain_core.indexing.index`` keeps it in step with a loader.

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

    recall: float | None = Field(default=None, gt=0, le=1)
    """The share of all right documents to expect, such as 0.9, in the place of the other cut-offs."""

    where: dict[str, Any] | None = None
    """Filter on metadata, ``{"source": "wiki"}`` or Chroma's operators."""

    max_mentions: int = Field(default=3, ge=0)
    """Names shown a document."""

    any_of: list[str] | None = None
    """With one of the following: types that are asked for beside the query, see `nerret_tools.EntityQuery`. An empty
    query asks for these alone."""

    all_of: list[str] | None = None
    """The same."""

    none_of: list[str] | None = None
    """The same."""

    scope: Scope = "mention"
    """The same."""

    _model_name: str = PrivateAttr()

    @model_validator(mode="before")
    @classmethod
    def _known_by_other_names(cls, given: Any) -> Any:
        return _renamed(given) if isinstance(given, dict) else given

    def model_post_init(self, context: Any) -> None:
        """Keep the model's name for traces; asking for it counts the whole index."""
        super().model_post_init(context)
        self._model_name = self.index.stats().model

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
            options: Fields of this class, such as ``k``, and options of `EntityIndex.open`, such as ``model``.

        Raises:
            StoreError: The place cannot be used; see `EntityIndex.open`.
        """
        of_the_index = {key: options.pop(key) for key in _OF_THE_INDEX if key in options}
        with ExitStack() as on_failure:
            index = on_failure.enter_context(EntityIndex.open(path, name, **of_the_index))
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

    aadd_documents = twin(add_documents)

    def upsert(self, items: Sequence[Document], /, **kwargs: Any) -> UpsertResponse:
        """Add documents as `add_documents` does; the answer is what ``langchain_core.indexing`` expects.

        Documents that cannot be indexed are logged as warnings too, since that module does not look.
        """
        report = self.add_documents(items)
        failed = {one.position for one in report.failed}
        for one in report.failed:
            logger.warning("document %r was not indexed: %s", one.id, one.reason)
        ids = [id_of(document) for document in items]
        return UpsertResponse(
            succeeded=[one for position, one in enumerate(ids) if position not in failed],
            failed=[one for position, one in enumerate(ids) if position in failed],
        )

    def delete(self, ids: Iterable[str] | None = None, **kwargs: Any) -> DeleteResponse:
        """Delete documents from the index; unknown ids are no failure.

        Returns:
            ``num_deleted`` and, in ``succeeded``, the ids that there were.

        Raises:
            InputError: No ids are given.
        """
        if ids is None:
            raise InputError("delete needs the ids of the documents to delete")
        wanted = [ids] if isinstance(ids, str) else list(ids)
        known = [document.id for document in self.index.get(wanted)]
        return DeleteResponse(num_deleted=self.index.delete(known), succeeded=known, num_failed=0, failed=[])

    def get(self, ids: Sequence[str], /, **kwargs: Any) -> list[Document]:
        """Return documents as they were added, in the order of the ids; unknown ids are left out."""
        return [as_stored(document) for document in self.index.get(ids)]

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Do as `get` does, under the name that vector stores have for it."""
        return self.get(ids)

    aget_by_ids = twin(get_by_ids)

    def as_tool(
        self,
        args_schema: type[BaseModel] | None = None,
        *,
        name: str | None = None,
        description: str | None = None,
        arg_types: dict[str, type] | None = None,
    ) -> BaseTool:
        """Offer the index to an agent as a tool with pages of evidence.

        The agent may pass ``entity_type``, ``limit``, ``min_relevance``, ``filters`` and the ``cursor`` of the page
        before. It reads ids, relevances, names and the words around the best one, and how many documents there
        are in all; the tool message's ``artifact`` has the documents.

        Args:
            args_schema: Shown to the agent in the place of the tool's own; with fields of the same names.
            name: In the place of ``find_documents_with_entity_type``.
            description: In the place of the tool's own.
            arg_types: Not used: the arguments are known.
        """
        return as_structured_tool(self.index, self._search_options({}), args_schema, name, description)

    def as_entities_tool(self, *, name: str | None = None, description: str | None = None) -> BaseTool:
        """Offer the index's entities of a type to an agent, each once, with the arguments of `as_tool`.

        The tool message's ``artifact`` is the `nerret_tools.EntityPage`.

        Args:
            name: In the place of ``list_entities_of_type``.
            description: In the place of the tool's own.
        """
        return as_entities_tool(self.index, self._search_options({}), name, description)

    def batch(
        self,
        inputs: list[str],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[list[Document]]:
        """Retrieve for several types, which are encoded and compared at once."""
        kwargs |= self._together(inputs, kwargs)
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
        kwargs |= await asyncio.to_thread(self._together, inputs, kwargs)
        return await super().abatch(inputs, config, return_exceptions=return_exceptions, **kwargs)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        return self._documents(query, kwargs)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        return await asyncio.to_thread(self._documents, query, kwargs)

    def _together(self, inputs: list[str], overrides: dict[str, Any]) -> dict[str, Any]:
        """The answers of a batch, for each of its runs; nothing where one type cannot be asked for."""
        try:
            asked = [self._question(one, overrides) for one in inputs]
            found = self.index.find_many(asked, **self._search_options(overrides))
        except InputError as error:
            logger.debug("asking for each type by itself, so that each gets its own answer or error: %s", error)
            return {}
        return {_FOUND: dict(zip(inputs, found, strict=True))}

    def _documents(self, query: str, overrides: dict[str, Any]) -> list[Document]:
        found = overrides.get(_FOUND)
        if found is None:
            result = self.index.find(self._question(query, overrides), **self._search_options(overrides))
        else:
            result = found[query]
        return [to_langchain(hit) for hit in result.hits]

    def _get_ls_params(self, **kwargs: Any) -> LangSmithRetrieverParams:
        return LangSmithRetrieverParams(
            **super()._get_ls_params(**kwargs),
            ls_vector_store_provider="Chroma",
            ls_embedding_provider="nerret-tools",
            ls_embedding_model=self._model_name,
        )

    def _search_options(self, overrides: dict[str, Any]) -> dict[str, Any]:
        """The fields, replaced by what this call says, under the names that `EntityIndex.find` uses."""
        passed = {name: value for name, value in overrides.items() if name not in ("verbose", *_COMBINATION)}
        given = _renamed(passed)  # "verbose" is LangChain's own
        unknown = sorted(given.keys() - set(_OPTIONS))
        if unknown:
            known = ", ".join([*_OPTIONS, *_COMBINATION, *_ALIASES])
            raise FilterError(f"unknown search option {unknown[0]!r}; there are {known}")
        options = {name: getattr(self, name) for name in _OPTIONS} | given
        return {"limit": options.pop("k"), **options}

    def _question(self, query: str, overrides: dict[str, Any]) -> Asked:
        """The query, with the types beside it."""
        return asked_of(query, **{name: overrides.get(name, getattr(self, name)) for name in _COMBINATION})


def _renamed(options: dict[str, Any]) -> dict[str, Any]:
    """The options under their own names.

    Raises:
        FilterError: One is given under both.
    """
    for alias, name in _ALIASES.items():
        if alias in options and name in options:
            raise FilterError(f"{alias} and {name} are the same option; pass one of them")
    return {_ALIASES.get(name, name): value for name, value in options.items()}
