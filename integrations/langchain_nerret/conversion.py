"""LangChain's documents to the index's, and hits to LangChain's documents."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from langchain_core.documents import Document

import nerret_tools
from nerret_tools import Hit
from nerret_tools.errors import InputError

_EVIDENCE = ("id", "score", "relevance", "mentions")
"""Metadata keys that a search adds."""

_CONTENT_IDS = uuid.UUID("6f1c2a52-7f0e-5d0b-9a4e-2f7d1f0c8f11")
"""Namespace of the ids of documents that came without one; changing it would add all of them again."""


def from_langchain(documents: Iterable[Document]) -> Iterator[dict[str, Any]]:
    """Pass documents on in the form that `EntityIndex.add` takes, one by one.

    A document without an id gets one that is made from its text and metadata, so that adding it again
    changes nothing.
    """
    for document in documents:
        yield {
            "id": id_of(document),
            "text": document.page_content,
            "metadata": document.metadata,
        }


def id_of(document: Document) -> str:
    """A document's own id, or the one that is made from its text and metadata."""
    return document.id if document.id is not None else _content_id(document)


class FoundDocument(Document):
    """A document with the evidence for it in its metadata: ``id``, ``score``, ``relevance`` and ``mentions``.

    Equal to every other copy of the document, whatever type found it: equality sees id, text and the user's
    metadata. So ``MultiQueryRetriever`` and others that ask whether they have a document already are right.
    """

    @classmethod
    def lc_id(cls) -> list[str]:
        """Written down and read again it is LangChain's own document."""
        return [*cls.get_lc_namespace(), Document.__name__]

    def __eq__(self, other: object) -> bool:
        return _identity(self) == _identity(other) if isinstance(other, Document) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as that of every document, which can be changed


def to_langchain(hit: Hit) -> FoundDocument:
    """Make a new document of a hit.

    Its metadata are the user's, and ``id``, ``score``, ``relevance`` and ``mentions`` (text, span,
    scores and archetype of each, best first). Where the user's have a key of the same name, the hit's value is shown.
    """
    return FoundDocument(
        id=hit.document_id,
        page_content=hit.document.text,
        metadata={
            **copy.deepcopy(hit.document.metadata),  # results of a batch may share a hit
            "id": hit.document_id,
            "score": hit.score,
            "relevance": hit.relevance,
            "mentions": [mention.model_dump(exclude_none=True) for mention in hit.mentions],
        },
    )


def as_stored(document: nerret_tools.Document) -> Document:
    """Give back a document that was added, without evidence."""
    return Document(id=document.id, page_content=document.text, metadata=document.metadata)


def pair_up(
    texts: Iterable[str], metadatas: Iterable[dict[str, Any]] | None, ids: Iterable[str] | None
) -> Iterator[Document]:
    """Join texts with their metadata and ids, which may be missing altogether but not in part.

    Raises:
        InputError: There are more of one than of the other.
    """
    texts = list(texts)
    columns: list[list[Any]] = []
    for name, given in (("metadatas", metadatas), ("ids", ids)):
        column = [None] * len(texts) if given is None else list(given)
        if len(column) != len(texts):
            raise InputError(f"{len(texts):,} texts came with {len(column):,} {name}; pass one for each text, or none")
        columns.append(column)
    return (
        Document(id=own_id, page_content=text, metadata=metadata or {})
        for text, metadata, own_id in zip(texts, *columns, strict=True)
    )


def _identity(document: Document) -> tuple[Any, ...]:
    own = {key: value for key, value in document.metadata.items() if key not in _EVIDENCE}
    return document.id, document.page_content, own


def _content_id(document: Document) -> str:
    content = json.dumps([document.page_content, document.metadata], sort_keys=True, default=repr)
    return str(uuid.uuid5(_CONTENT_IDS, content))
