"""Find every document that mentions an entity of a type named at query time."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nerret_tools import errors
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


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that a program starts at once."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "errors":
        return import_module(f"{__name__}.errors")
    value = getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'documents')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
