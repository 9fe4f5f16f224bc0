"""Find every document that mentions an entity of a type named at query time."""

from typing import TYPE_CHECKING

from nerret_tools import errors
from nerret_tools.lazy import exported

if TYPE_CHECKING:
    from nerret_tools.archetypes import EntityExtractor, TypedMention
    from nerret_tools.documents import (
        AddReport,
        Document,
        FailedDocument,
        FindResult,
        Hit,
        IndexStats,
        Mention,
        Span,
    )
    from nerret_tools.entities import Entity, EntityPage
    from nerret_tools.entity_query import EntityQuery
    from nerret_tools.index import EntityIndex
    from nerret_tools.review import Review, ReviewDocument, ReviewStatus

__all__ = [
    "AddReport",
    "Document",
    "Entity",
    "EntityExtractor",
    "EntityIndex",
    "EntityPage",
    "EntityQuery",
    "FailedDocument",
    "FindResult",
    "Hit",
    "IndexStats",
    "Mention",
    "Review",
    "ReviewDocument",
    "ReviewStatus",
    "Span",
    "TypedMention",
    "errors",
]

__version__ = "0.1.0"

_ELSEWHERE = {
    "Entity": "entities",
    "EntityExtractor": "archetypes",
    "EntityIndex": "index",
    "EntityPage": "entities",
    "EntityQuery": "entity_query",
    "Review": "review",
    "ReviewDocument": "review",
    "ReviewStatus": "review",
    "TypedMention": "archetypes",
}
"""The public names that are not in `nerret_tools.documents`."""

__getattr__ = exported(__name__, {name: _ELSEWHERE.get(name, "documents") for name in __all__ if name != "errors"})


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
