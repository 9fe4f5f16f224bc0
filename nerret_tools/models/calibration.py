"""From a cosine to a probability, and from a probability to a cut-off."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from nerret_tools.errors import ModelError


@dataclass(frozen=True)
class Calibration:
    """One logistic curve, fitted on development types.

    ``relevance = 1 / (1 + exp(-(slope × score + intercept)))``
    """

    slope: float  # per unit of cosine; positive
    intercept: float  # at cosine 0
    # The least relevance at which a document is listed unless asked for; a query with many probable documents stops
    # higher
    cutoff: float

    def log_odds(self, scores: np.ndarray) -> np.ndarray:
        """Return logarithms ``[n]`` of the odds of a match, for scores ``[n]``."""
        curve: np.ndarray = self.slope * np.asarray(scores, dtype=np.float64) + self.intercept
        return curve

    def scores(self, log_odds: np.ndarray) -> np.ndarray:
        """Return the scores ``[n]`` with these odds."""
        found: np.ndarray = (log_odds - self.intercept) / self.slope
        return found

    def relevance(self, scores: np.ndarray) -> np.ndarray:
        """Return probabilities ``[n]`` for scores ``[n]``."""
        result: np.ndarray = 1 / (1 + np.exp(-self.log_odds(scores)))
        return result

    def score_at(self, relevance: float) -> float | None:
        """Return the score with this relevance; None for 0, which no score falls below."""
        if relevance <= 0:
            return None
        if relevance >= 1:
            return math.inf
        return (math.log(relevance / (1 - relevance)) - self.intercept) / self.slope

    def save(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """Read what `save` wrote.

        Raises:
            ModelError: The file is missing or is something else.
        """
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise ModelError(f"{path} is not a calibration that can be read: {error}") from error
