"""Scores of several types as those of one question, by mention or by document, as exact as each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from nerret_tools.entity_query import EntityQuery, Scope
from nerret_tools.models import Calibration
from nerret_tools.ranking.scores import Bounds, Floats, Positions, Scores
from nerret_tools.scan import SCORE_DECIMALS

_SLACK = 0.5 * 10.0**-SCORE_DECIMALS + 2.0**-21
"""Added to bounds: what rounding a combined score takes away, and what float32 does of it."""

_SECOND = {"mention": 0.5, "document": 0.0}
"""Power of the second best type's chance, where any may be true."""

_PENALTY = 2.0
"""Power of a forbidden type's chance, and of what is left of it."""

_LEAST_CHANCE = 1e-12
"""No chance is less: its logarithm is a number."""


def combined(parts: Sequence[Scores], query: EntityQuery, curve: Calibration) -> Scores:
    """Scores of a combination, from those of each of `EntityQuery.types`."""
    return (MentionScores if query.scope == "mention" else DocumentScores)(parts, query, curve)


class _Combination(Scores):
    """What both scopes share."""

    query = None

    def __init__(self, parts: Sequence[Scores], query: EntityQuery, curve: Calibration) -> None:
        self._parts = parts
        self._asked = query
        self._curve = curve
        self._wanted = parts[: len(query.wanted)]

    def _rule(self, scores: Sequence[npt.NDArray[np.floating]]) -> Floats:
        rounded: Floats = np.round(combine(self._asked, self._curve, scores), SCORE_DECIMALS) + 0.0
        return rounded

    def _bounds(self, low: Callable[[Scores], Bounds], high: Callable[[Scores], Bounds]) -> tuple[Bounds, Bounds]:
        """Between which a combination is: it rises with what is wanted, and falls with what is ruled out."""
        wanted, ruled_out = self._wanted, self._parts[len(self._wanted) :]
        least = self._rule([*map(low, wanted), *map(high, ruled_out)]) - _SLACK
        most = self._rule([*map(high, wanted), *map(low, ruled_out)]) + _SLACK
        return least.astype(np.float32), most.astype(np.float32)


class MentionScores(_Combination):
    """One mention is all that is asked for; a document's score is its best mention's."""

    def __init__(self, parts: Sequence[Scores], query: EntityQuery, curve: Calibration) -> None:
        super().__init__(parts, query, curve)
        self._bound(parts[0].scan, *self._bounds(lambda part: part.least, lambda part: part.most))

    def of_mentions(self, rows: Positions) -> Floats:
        """``[k]`` exact scores of rows."""
        return self._rule([part.of_mentions(rows) for part in self._parts])


class DocumentScores(_Combination):
    """Several mentions of a document may share what is asked for; a mention's score is that of its best wanted type."""

    def __init__(self, parts: Sequence[Scores], query: EntityQuery, curve: Calibration) -> None:
        super().__init__(parts, query, curve)
        least = np.maximum.reduce([part.least for part in self._wanted])
        most = np.maximum.reduce([part.most for part in self._wanted])
        self._bound(parts[0].scan, least, most)
        self.document_least, self.document_most = self._bounds(
            lambda part: part.document_least, lambda part: part.document_most
        )

    @property
    def single(self) -> Sequence[Scores]:
        """Of each wanted type."""
        return self._wanted

    def of_mentions(self, rows: Positions) -> Floats:
        """``[k]`` exact scores of rows."""
        best: Floats = np.maximum.reduce([part.of_mentions(rows) for part in self._wanted])
        return best

    def of_documents(self, documents: Positions) -> Floats:
        """``[k]`` exact scores of documents."""
        unknown = documents[np.isnan(self._best[documents])]
        if len(unknown):
            self._best[unknown] = self._rule([part.of_documents(unknown) for part in self._parts])
        return self._best[documents]


def combine(asked: EntityQuery, curve: Calibration, scores: Sequence[npt.NDArray[np.floating]]) -> Floats:
    """The score that has the relevance of a combination, from the scores ``[n]`` of each of `EntityQuery.types`.

    All of some: the product. Any of some: of one entity as the best one, or the second best, which counts half; of a
    document the best. None of some: the odds fall by ``(1 - q²)²`` where these have relevance ``q``, to nothing where
    that is sure. So a document's score is never over that of all its mentions. Chosen among products, minima, means
    and others, of which none is the best everywhere: ``python -m nerret_tools.lab.evaluation.combinations``.
    """
    true, false = zip(*(_log_chances(curve.log_odds(one)) for one in scores), strict=True)
    wanted, ruled_out = len(asked.any_of), len(asked.wanted)
    each = list(true[wanted:ruled_out])
    if asked.any_of:
        each.append(_any_of(false[:wanted], asked.scope))
    log_chance = np.sort(np.array(each), axis=0).sum(axis=0)  # sorted: their order is not to change the last decimal
    log_odds = log_chance - _log_of_rest(log_chance)
    if asked.none_of:
        log_odds += _PENALTY * _log_of_rest(_PENALTY * _any_of(false[ruled_out:], asked.scope))
    return curve.scores(log_odds)


def _any_of(false: Sequence[Floats], scope: Scope) -> Floats:
    """Logarithm of the chance that one of several is true, from those that each is false."""
    sure = np.sort(np.array(false), axis=0)
    return _log_of_rest(sure[0] + _SECOND[scope] * sure[1] if len(sure) > 1 else sure[0])


def _log_chances(log_odds: Floats) -> tuple[Floats, Floats]:
    """Logarithms of a chance and of its opposite."""
    return -np.logaddexp(0.0, -log_odds), -np.logaddexp(0.0, log_odds)


def _log_of_rest(log_chance: Floats) -> Floats:
    """Logarithm of the opposite of a chance."""
    rest: Floats = np.log(np.maximum(-np.expm1(log_chance), _LEAST_CHANCE))
    return rest
