"""Find every document that mentions an entity of a type named at query time."""

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
from nerret_tools.index import EntityIndex

__all__ = [
    "AddReport",
    "Document",
    "Entity",
    "EntityExtractor",
    "EntityIndex",
    "EntityPage",
    "FailedDocument",
    "FindResult",
    "Hit",
    "IndexStats",
    "Mention",
    "Span",
    "TypedMention",
    "errors",
]

__version__ = "0.1.0"
