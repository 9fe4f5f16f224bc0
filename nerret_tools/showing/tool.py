"""What an agent is told of the search where a framework offers it as a tool, and what it may pass."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from nerret_tools.entity_query import Asked, Scope, asked_of

NAME = "find_documents_with_entity_type"
ENTITIES_NAME = "list_entities_of_type"

PAGE = 50
"""Documents a page where nobody says otherwise: about 5,000 tokens."""

DESCRIPTION = (
    "Finds the documents that mention an entity of a given type, such as 'dinosaur', 'airline' or 'sports facility', "
    "best first. Name a type, not a question and not the name of a single entity. Returns a page of lines: each "
    "document's id, its relevance (a probability), and the entities found in it with the words around the best one. "
    "The heading says how many documents there are in all; for the next page call again with the same arguments and "
    "its cursor."
)

ENTITIES_DESCRIPTION = (
    "Lists the entities of a given type that the documents name, each once with its other spellings, best first: "
    "'which airlines are there?'. Returns a page of lines: name, relevance (a probability), number of documents and "
    "mentions, other names, documents and words that show it. The heading says how many there are in all; for the next "
    "page call again with the same arguments and its cursor."
)


class FindArguments(BaseModel):
    """What an agent passes."""

    entity_type: str | None = Field(
        default=None, description="The type in free text, for example 'dinosaur' or 'programming language'."
    )
    any_of: list[str] | None = Field(default=None, description="Several types, of which at least one must fit.")
    all_of: list[str] | None = Field(default=None, description="Types that must all fit, beside entity_type.")
    none_of: list[str] | None = Field(default=None, description="Types that must not fit, beside those that must.")
    scope: Scope = Field(
        default="mention", description="What is to be all that: one entity (mention), or a document by several."
    )
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

    def asked(self) -> Asked:
        """The type, or the combination.

        Raises:
            EntityTypeError: As of `EntityQuery`.
        """
        return asked_of(self.entity_type, self.any_of, self.all_of, self.none_of, self.scope)

    def options(self, own: dict[str, Any]) -> dict[str, Any]:
        """The keywords of `EntityIndex.find`: what is not passed is as in `own`, and both filters must hold.

        Of `EntityIndex.entities` too, where `own` has only those.
        """
        where = [one for one in (own.get("where"), self.filters) if one]
        options = {**own, "where": {"$and": where} if len(where) > 1 else (where or [None])[0]}
        cutoff = {"min_relevance": self.min_relevance, "recall": self.recall}
        if any(value is not None for value in cutoff.values()):
            options |= {**cutoff, **({"min_score": None} if "min_score" in own else {})}
        if self.cursor:  # it has the size of its own page
            return {**options, "limit": self.limit, "cursor": self.cursor}
        return {**options, "limit": self.limit or own.get("limit") or PAGE}
