"""Mentions rolled up to entities: which names a type has in an index, and where."""

from nerret_tools.entities.entity import Entity, EntityEvidence, EntityPage, Surface

__all__ = ["Entity", "EntityEvidence", "EntityPage", "Surface"]
