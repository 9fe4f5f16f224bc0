"""What can be ranked."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from nerret_tools.ranking.exact import Vectors
from nerret_tools.ranking.quantised import QuantisedRows

__all__ = ["Searchable"]


class Searchable(Protocol):
    """What is ranked: rows grouped by document, no document without rows.

    Attributes:
        vectors: ``[n, dimension]`` float32, unit length; with `quantised`, something that gives such rows.
        document_ids: ``[d]`` object array of strings; unique among the live ones.
        offsets: ``[d + 1]`` int64: document ``i`` has rows ``offsets[i]`` to ``offsets[i + 1]``, at least
            one.
        live: ``[d]`` bool: whether the document may be listed.
        quantised: The vectors in int8, if these are to be scanned.
    """

    @property
    def vectors(self) -> Vectors: ...  # noqa: D102

    @property
    def document_ids(self) -> npt.NDArray[np.object_]: ...  # noqa: D102

    @property
    def offsets(self) -> npt.NDArray[np.int64]: ...  # noqa: D102

    @property
    def live(self) -> npt.NDArray[np.bool_]: ...  # noqa: D102

    @property
    def quantised(self) -> QuantisedRows | None: ...  # noqa: D102
