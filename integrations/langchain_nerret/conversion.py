"""LangChain's documents to the index's, and hits to LangChain's documents."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from langchain_core.documents import Document

from nerret_tools import Hit
from nerret_tools.errors import InputError

__all__ = ["from_langchain", "pair_up", "to_langchain"]

_CONTENT_IDS = uuid.UUID("6f1c2a52-7f0e-5d0b-9a4e-2f7d1f0c8f11")
"""Namespace of the ids of documents that came without one; changing it would add all of them again."""


def from_langchain(documents: Iterable[Document]) -> Iterator[dict[str, Any]]:
    """Pass documents on in the form that `EntityIndex.add` takes, one by one.

    A document without an id gets one that is made from its text and metadata, so that adding it again
    changes nothing.
    """
    for document in documents:
        yield {
            "id": document.id if document.id is not None else _content_id(document),
            "text": document.page_content,
            "metadata": document.metadata,
        }


def to_langchain(hit: Hit) -> Document:
    """Make a new document of a hit.

    Its metadata are the user's, and ``id``, ``score``, ``relevance`` and ``mentions`` (text, span,
    scores and archetype of each, best first). Where the user's have a key of the same name, the hit's value is shown.
    """
    return Document(
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


def _content_id(document: Document) -> str:
    content = json.dumps([document.page_content, document.metadata], sort_keys=True, default=repr)
    return str(uuid.uuid5(_CONTENT_IDS, content))
