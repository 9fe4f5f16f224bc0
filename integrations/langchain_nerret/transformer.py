"""A LangChain document transformer that puts a text's entities into its metadata."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.documents import BaseDocumentTransformer, Document

from nerret_tools import EntityExtractor


class EntityTransformer(BaseDocumentTransformer):
    """Adds the mentions of the given types as ``metadata["entities"]``.

    Each is a dictionary of ``start``, ``end``, ``text``, ``type``, ``archetype`` and ``relevance``.
    The documents that come in stay as they are; new ones go out.

    Args:
        types: Name → definition, or names alone; see `EntityExtractor.extract`.
        extractor: A loaded one; by default the default model's, loaded when first needed.
        min_relevance: Under it a span gets no type; None: the model's own cut-off.
        key: Where in the metadata they go.

    Raises:
        EntityTypeError: The types cannot be used; raised by the first call.
    """

    def __init__(
        self,
        types: Any,
        *,
        extractor: EntityExtractor | None = None,
        min_relevance: float | None = None,
        key: str = "entities",
    ) -> None:
        self.types = types
        self.min_relevance = min_relevance
        self.key = key
        self._extractor = extractor

    def transform_documents(self, documents: Sequence[Document], **kwargs: Any) -> Sequence[Document]:
        """Return new documents with entities in their metadata; ``min_relevance`` may be given with the call."""
        if self._extractor is None:
            self._extractor = EntityExtractor.load()
        min_relevance = kwargs.pop("min_relevance", self.min_relevance)
        if kwargs:
            raise TypeError(f"unknown options: {', '.join(sorted(kwargs))}")
        found = self._extractor.extract([one.page_content for one in documents], self.types, min_relevance)
        return [
            document.model_copy(
                update={"metadata": {**document.metadata, self.key: [one.model_dump() for one in mentions]}}
            )
            for document, mentions in zip(documents, found, strict=True)
        ]
