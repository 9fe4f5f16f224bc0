"""LlamaIndex's nodes to the index's documents, hits to nodes, and its queries to entity types."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from typing import Any

from llama_index.core.schema import (
    BaseNode,
    IndexNode,
    MetadataMode,
    NodeRelationship,
    NodeWithScore,
    RelatedNodeInfo,
    TextNode,
)

from nerret_tools import Hit

__all__ = ["REF_DOC_ID", "from_nodes", "to_entity_type", "to_node"]

REF_DOC_ID = "ref_doc_id"
"""Metadata key for the source document of a node, as in LlamaIndex's own stores."""

_EVIDENCE = ("score", "relevance", "mentions")

_TOOL_INPUT = re.compile(r"\n\w+ is (.*)\n", re.DOTALL)
"""What `RetrieverTool` makes of one keyword argument; of a positional one it makes lines around it."""


def to_entity_type(query: str) -> str:
    r"""Take the wrapper off a query that came through a `RetrieverTool`: ``"\ninput is dinosaur\n"``."""
    wrapped = _TOOL_INPUT.fullmatch(query)
    return (wrapped[1] if wrapped else query).strip()


def from_nodes(nodes: Iterable[BaseNode]) -> Iterator[dict[str, Any]]:
    """Pass nodes on in the form that `EntityIndex.add` takes; their source goes into the metadata."""
    for node in nodes:
        yield {
            "id": node.node_id,
            "text": node.get_content(metadata_mode=MetadataMode.NONE),
            "metadata": {**node.metadata, REF_DOC_ID: node.ref_doc_id or node.node_id},
        }


def to_node(hit: Hit, objects: Container[str] = ()) -> NodeWithScore:
    """Make a new node of a hit.

    Its metadata are the user's, and ``id``, ``score``, ``relevance`` and ``mentions`` (text, span,
    scores and archetype of each, best first). Where the user's have a key of the same name, the hit's value is
    shown. A language model gets to see the user's and ``id``.

    Args:
        hit: What `EntityIndex.find` found.
        objects: Ids of documents that stand for something else to retrieve from; they become index nodes.
    """
    metadata = dict(hit.document.metadata)
    source = metadata.pop(REF_DOC_ID, hit.document_id)
    metadata |= {
        "id": hit.document_id,
        "score": hit.score,
        "relevance": hit.relevance,
        "mentions": [mention.model_dump(exclude_none=True) for mention in hit.mentions],
    }
    fields: dict[str, Any] = {
        "id_": hit.document_id,
        "text": hit.document.text,
        "metadata": metadata,
        "relationships": {NodeRelationship.SOURCE: RelatedNodeInfo(node_id=str(source))},
        "excluded_llm_metadata_keys": list(_EVIDENCE),
        "excluded_embed_metadata_keys": ["id", *_EVIDENCE],
    }
    if hit.document_id in objects:
        return NodeWithScore(node=IndexNode(index_id=hit.document_id, **fields), score=hit.score)
    return NodeWithScore(node=TextNode(**fields), score=hit.score)
