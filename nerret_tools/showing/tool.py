"""What an agent is told of the search where a framework offers it as a tool, and what it may pass."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

__all__ = ["DESCRIPTION", "NAME", "PAGE", "FindArguments"]

NAME = "find_documents_with_entity_type"

PAGE = 50
"""Documents a page where nobody says otherwise: about 5,000 tokens."""

DESCRIPTION = (
    "Finds the documents that mention an entity of a given type, such as 'dinosaur', 'airline' or 'sports facility', "
    "best first. Name a type, not a question and not the name of a single entity. Returns a page of lines: each "
    "document's id, its relevance (a probability), and the entities found in it with the words around the best one. "
    "The heading says how many documents there are in all; for the next page call again with the same arguments and "
    "its cursor."
)


class FindArguments(BaseModel):
    """What an agent passes."""

    entity_type: str = Field(description="The type in free text, for example 'dinosaur' or 'programming language'.")
    limit: int | None = Field(default=None, ge=1, description="Documents a page at most.")
    min_relevance: float | None = Field(
        default=None, ge=0, le=1, description="Lowest relevance that is listed; leave it out for the usual cut-off."
    )
    recall: float | None = Field(
        default=None, gt=0, le=1, description="In its place: the share of all right documents to expect, such as 0.9."
    )
    filters: dict[str, Any] | None = Field(
        default=None, description='Conditions on metadata: {"source": "wiki"} or {"year": {"$gte": 2020}}.'
    )
    cursor: str | None = Field(default=None, description="Of the page before, to get the next one.")

    def options(self, own: dict[str, Any]) -> dict[str, Any]:
        """The keywords of `EntityIndex.find`: what is not passed is as in `own`, and both filters must hold."""
        where = [one for one in (own.get("where"), self.filters) if one]
        options = {**own, "where": {"$and": where} if len(where) > 1 else (where or [None])[0]}
        cutoff = {"min_relevance": self.min_relevance, "recall": self.recall}
        if any(value is not None for value in cutoff.values()):
            options |= {**cutoff, "min_score": None}
        if self.cursor:  # it has the size of its own page
            return {**options, "limit": self.limit, "cursor": self.cursor}
        return {**options, "limit": self.limit or own.get("limit") or PAGE}
