"""From scores to relevance, and where a list stops."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nerret_tools.models import Calibration
from nerret_tools.ranking.search import Search

__all__ = ["cutoff", "relevance", "relevances"]


def relevances(curve: Calibration | None, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Probabilities ``[n]`` for documents' scores ``[n]``; not a number without a calibration."""
    return np.full(len(scores), np.nan) if curve is None else curve.relevance(scores)


def relevance(curve: Calibration | None, score: float | None) -> float | None:
    """The same for one; 0 where no score is asked for."""
    if curve is None:
        return None
    return 0.0 if score is None else float(curve.relevance(np.array(score)))


def cutoff(curve: Calibration | None, search: Search) -> float | None:
    """The score from which on documents are listed: both of the search's cut-offs, else the default one."""
    least = search.min_relevance
    if search.min_score is None and least is None and curve is not None:
        least = curve.cutoff
    by_relevance = curve.score_at(least) if curve is not None and least else None
    given = [score for score in (search.min_score, by_relevance) if score is not None]
    return max(given) if given else None
