"""What a caller asks for beside the type: how much, from where on, of which documents."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from numbers import Integral, Real
from typing import Any

from nerret_tools.entity_query import Asked
from nerret_tools.errors import CursorError, FilterError


@dataclass(frozen=True, kw_only=True)
class Search:
    """The options of one search; `EntityIndex.find` says what they mean.

    Raises:
        FilterError: An option that cannot be used.
        CursorError: A cursor that is not text.
    """

    limit: int | None = None
    min_score: float | None = None
    min_relevance: float | None = None
    max_relevance: float | None = None
    recall: float | None = None
    where: Mapping[str, Any] | None = None
    ids: Sequence[str] | None = None
    cursor: str | None = None
    max_mentions: int = 3

    def __post_init__(self) -> None:
        if self.limit is not None and _whole("limit", self.limit) < 1:
            raise FilterError(f"limit {self.limit} is not positive; leave it out to get all documents")
        if _whole("max_mentions", self.max_mentions) < 0:
            raise FilterError(f"max_mentions {self.max_mentions} is negative")
        if self.min_score is not None:
            _number("min_score", self.min_score)
        for name, share in (("min_relevance", self.min_relevance), ("max_relevance", self.max_relevance)):
            if share is not None and not 0 <= _number(name, share) <= 1:
                raise FilterError(f"{name} {share} is not between 0 and 1")
        if self.max_relevance is not None and (self.min_relevance or 0) >= self.max_relevance:
            raise FilterError(f"max_relevance {self.max_relevance} is not over min_relevance {self.min_relevance or 0}")
        if self.recall is not None:
            if not 0 < _number("recall", self.recall) <= 1:
                raise FilterError(f"recall {self.recall} is not over 0 and at most 1; 0.9 asks for nine out of ten")
            if self.min_relevance is not None or self.min_score is not None:
                raise FilterError("recall chooses the cut-off: leave out min_relevance and min_score")
        if self.where is not None and not isinstance(self.where, Mapping):
            raise FilterError(f"where must be a mapping such as {{'source': 'wiki'}}, not {_kind(self.where)}")
        if isinstance(self.ids, (str, bytes)):
            raise FilterError(f"ids must be a list, not {type(self.ids).__name__}; for a single document, pass [id]")
        if self.cursor is not None and not isinstance(self.cursor, str):
            raise CursorError(
                f"a cursor is text, not {_kind(self.cursor)}; pass next_cursor as it came, or start without a cursor"
            )

    def identity(self, asked: Asked) -> str:
        """What is asked and all that changes the list, so that a cursor is not taken for that of another search.

        ``limit`` and ``max_mentions`` are not among it: they may change from page to page.
        """
        # White space as the model sees it
        plain = " ".join(asked.split()) if isinstance(asked, str) else astuple(asked)
        named = [] if self.ids is None else [sorted(self.ids)]
        return json.dumps(
            [plain, self.min_score, self.min_relevance, self.max_relevance, self.recall, self.where, *named],
            sort_keys=True,
            default=str,
        )


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise FilterError(f"{name} must be a whole number, not {_kind(value)}")
    return int(value)


def _number(name: str, value: Any) -> float:
    if not isinstance(value, Real) or isinstance(value, bool):
        raise FilterError(f"{name} must be a number, not {_kind(value)}")
    if not math.isfinite(value):
        raise FilterError(f"{name} {value} is not a number")
    return float(value)


def _kind(value: Any) -> str:
    return f"{value!r} ({type(value).__name__})" if isinstance(value, (str, bool)) else type(value).__name__
