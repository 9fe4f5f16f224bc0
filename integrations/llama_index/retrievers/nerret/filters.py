"""LlamaIndex's metadata filters to the index's ``where``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.vector_stores.types import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters

from nerret_tools.errors import FilterError

_OPERATORS = {
    FilterOperator.EQ: "$eq",
    FilterOperator.NE: "$ne",
    FilterOperator.GT: "$gt",
    FilterOperator.GTE: "$gte",
    FilterOperator.LT: "$lt",
    FilterOperator.LTE: "$lte",
    FilterOperator.IN: "$in",
    FilterOperator.NIN: "$nin",
}

_OPPOSITES = {
    FilterOperator.EQ: FilterOperator.NE,
    FilterOperator.NE: FilterOperator.EQ,
    FilterOperator.IN: FilterOperator.NIN,
    FilterOperator.NIN: FilterOperator.IN,
}
"""Of an order there is none: a document without the key is neither over nor under."""


def to_where(filters: MetadataFilters | None) -> dict[str, Any]:
    """Translate filters; ``None`` and no filters at all are an empty ``where``.

    Raises:
        FilterError: An operator that the index does not have, such as a search in the text.
    """
    return {} if filters is None else _group(filters, negated=False)


def every(*parts: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Join conditions that must all hold; ``None`` where there are none."""
    given = [dict(part) for part in parts if part]
    if len(given) < 2:
        return given[0] if given else None
    return {"$and": given}


def _group(filters: MetadataFilters, *, negated: bool) -> dict[str, Any]:
    condition = filters.condition or FilterCondition.AND
    inverted = negated != (condition == FilterCondition.NOT)  # NOT: none of them holds
    parts = [
        _group(one, negated=inverted) if isinstance(one, MetadataFilters) else _single(one, negated=inverted)
        for one in filters.filters
    ]
    return _join([part for part in parts if part], any_of=negated != (condition == FilterCondition.OR))


def _join(parts: Sequence[dict[str, Any]], *, any_of: bool) -> dict[str, Any]:
    if len(parts) < 2:
        return parts[0] if parts else {}
    return {"$or" if any_of else "$and": list(parts)}


def _single(one: MetadataFilter, *, negated: bool) -> dict[str, Any]:
    operator = one.operator
    if negated:
        if operator not in _OPPOSITES:
            raise FilterError(
                f"'not' cannot be asked of the operator {operator.value!r} (key {one.key!r}): turn the comparison round"
            )
        operator = _OPPOSITES[operator]
    if operator not in _OPERATORS:
        raise FilterError(
            f"an entity index has no operator {operator.value!r} (key {one.key!r}); "
            f"there are {', '.join(known.value for known in _OPERATORS)}"
        )
    return {one.key: {_OPERATORS[operator]: one.value}}
