"""From scores to a ranking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def best_first(ids: Sequence[str], scores: NDArray[np.float32]) -> list[str]:
    """All ids by falling score ``[documents]``, ties in order of id."""
    return [ids[place] for place in sorted(range(len(ids)), key=lambda place: (-scores[place], ids[place]))]
