"""What several tools take: the same words, the same description, the same limits."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from nerret_tools.entity_query import MAX_TYPES, Scope
from nerret_tools.texts import MAX_TYPE_CHARACTERS

_TYPE = Field(
    min_length=1, max_length=MAX_TYPE_CHARACTERS, description="The type in free text, such as 'body of water'."
)
EntityType = Annotated[str | None, _TYPE]
OneEntityType = Annotated[str, _TYPE]
AnyOf = Annotated[
    list[str] | None,
    Field(max_length=MAX_TYPES, description="Several types, of which at least one must fit: ['airline', 'railway']."),
]
AllOf = Annotated[
    list[str] | None,
    Field(max_length=MAX_TYPES, description="Types that must all fit; entity_type, if given, is one of them."),
]
NoneOf = Annotated[
    list[str] | None, Field(max_length=MAX_TYPES, description="Types that must not fit, beside those that must.")
]
ScopeOf = Annotated[
    Scope,
    Field(description="What is to be all that: mention: one entity; document: a document, be it by several entities."),
]
CollectionName = Annotated[str | None, Field(description="One of list_collections; leave it out for the default one.")]
MinRelevance = Annotated[
    float | None,
    Field(ge=0, le=1, description="Lowest relevance that is listed; leave it out for the default cut-off."),
]
MaxRelevance = Annotated[
    float | None,
    Field(ge=0, le=1, description="Only documents below it: what follows a list that was read down to there."),
]
Recall = Annotated[
    float | None,
    Field(gt=0, le=1, description="In place of min_relevance: the share of right documents to expect, as 0.9."),
]
Where = Annotated[
    dict[str, Any] | None,
    Field(
        description='Conditions on metadata, whose fields list_collections shows: {"source": "wiki"}, '
        '{"year": {"$gte": 2020}}, {"$or": [...]}.'
    ),
]
Cursor = Annotated[
    str | None, Field(description="From the page before, in the form that you read, with that call's other arguments.")
]
