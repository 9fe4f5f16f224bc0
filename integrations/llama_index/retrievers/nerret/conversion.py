"""LlamaIndex's nodes to the index's documents and back, and its queries to entity types."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator
from typing import Any

from llama_index.core.schema import (
    BaseNode,
    ImageNode,
    IndexNode,
    MetadataMode,
    Node,
    NodeRelationship,
    NodeWithScore,
    RelatedNodeInfo,
    TextNode,
)
from pydantic import Field

from nerret_tools import Document, Hit, Mention

REF_DOC_ID = "ref_doc_id"
"""Metadata key for the source document of a node, as in LlamaIndex's own stores."""

_CONTENT = "_node_content"
"""Metadata key for all else that a node is, as JSON, as in LlamaIndex's own stores."""

_OURS = (REF_DOC_ID, _CONTENT)

_KEPT_ELSEWHERE = {"id_", "metadata", "text", "text_resource", "embedding"}
"""Fields that the document has of its own; embeddings are not used."""

_COVERED = "metadata"
"""In the content: what the user's metadata have under the two keys above."""

_CLASSES: dict[str, type[BaseNode]] = {one.class_name(): one for one in (Node, ImageNode, IndexNode)}
"""Nodes that come back as what they were; all others, documents too, as text nodes, as from LlamaIndex's stores."""

_TOOL_INPUT = re.compile(r"\n\w+ is (.*)\n", re.DOTALL)
"""What `RetrieverTool` makes of one keyword argument; of a positional one it makes lines around it."""


class FoundNode(NodeWithScore):
    """A node with its relevance as the score, and the evidence for it.

    The evidence is here and not in the node, which is as it was indexed: with the same hash, by which
    LlamaIndex knows it when another retriever finds it too.

    Attributes:
        score: The relevance; the cosine where the model has no calibration.
        relevance: Calibrated probability that the document mentions such an entity.
        cosine: Of the best mention with the type; see `nerret_tools.Hit`.
        mentions: The best mentions, best first.
        mention_count: Mentions over the cut-off, in all.
    """

    relevance: float | None = None
    cosine: float
    mentions: list[Mention] = Field(default_factory=list)
    mention_count: int = 0

    @classmethod
    def class_name(cls) -> str:
        """Name of this class in LlamaIndex's records."""
        return "FoundNode"


def to_entity_type(query: str) -> str:
    r"""Take the wrapper off a query that came through a `RetrieverTool`: ``"\ninput is dinosaur\n"``."""
    wrapped = _TOOL_INPUT.fullmatch(query)
    return (wrapped[1] if wrapped else query).strip()


def from_nodes(nodes: Iterable[BaseNode]) -> Iterator[dict[str, Any]]:
    """Pass nodes on in the form that `EntityIndex.add` takes, complete but for their embeddings.

    Metadata stay at the top, where they can be filtered, and the source is put beside them.
    """
    for node in nodes:
        stored = {**node.metadata, REF_DOC_ID: node.ref_doc_id or node.node_id}
        yield {
            "id": node.node_id,
            "text": node.get_content(metadata_mode=MetadataMode.NONE),
            "metadata": {**stored, _CONTENT: _content(node)},
        }


def to_node(document: Document) -> BaseNode:
    """Give back the node that was added; of a document that was added otherwise make one.

    A node without a source is its own.
    """
    stored = document.metadata
    content: dict[str, Any] = json.loads(stored[_CONTENT]) if _CONTENT in stored else {_COVERED: stored}
    covered = content.pop(_COVERED, {})
    metadata = {key: covered.get(key, value) for key, value in stored.items() if key in covered or key not in _OURS}
    kind = _CLASSES.get(content.get("class_name", ""), TextNode)
    text = {"text_resource": {"text": document.text}} if kind is Node else {"text": document.text}
    node = kind.from_dict({**content, **text, "id_": document.id, "metadata": metadata})
    node.relationships.setdefault(NodeRelationship.SOURCE, RelatedNodeInfo(node_id=document.id))
    return node


def to_found_node(hit: Hit, objects: Container[str] = ()) -> FoundNode:
    """Make a node with its evidence of a hit.

    Args:
        hit: What `EntityIndex.find` found.
        objects: Ids of documents that stand for something else to retrieve from; they become index nodes.
    """
    node = to_node(hit.document)
    if hit.document_id in objects and isinstance(node, TextNode) and not isinstance(node, IndexNode):
        node = IndexNode.from_text_node(node, hit.document_id)
    return FoundNode(
        node=node,
        score=hit.score if hit.relevance is None else hit.relevance,
        relevance=hit.relevance,
        cosine=hit.score,
        mentions=hit.mentions,
        mention_count=hit.mention_count,
    )


def _content(node: BaseNode) -> str:
    if isinstance(node, IndexNode) and not isinstance(node.obj, BaseNode):
        node = node.model_copy(update={"obj": None})  # a retriever or an engine: the retriever's object_map has it
    content = node.model_dump(mode="json", exclude=_KEPT_ELSEWHERE, exclude_defaults=True, fallback=str)
    content.pop("text", None)  # documents put it in whether it is excluded or not
    if covered := {key: node.metadata[key] for key in _OURS if key in node.metadata}:
        content[_COVERED] = covered
    return json.dumps(content, ensure_ascii=False, default=str)
