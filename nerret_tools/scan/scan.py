"""What is ranked: all mention vectors, their rows grouped by document."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nerret_tools.scan.quantised import QuantisedRows

__all__ = ["Scan"]


@dataclass(frozen=True, eq=False)
class Scan:
    """A snapshot of the index for scoring; later writes do not change it.

    Rows ``offsets[d]`` to ``offsets[d + 1]`` are the mentions 0, 1, ... of document ``d``. Documents without
    a mention are absent. Documents that were deleted or replaced since the copy was last compacted still have
    their rows; ``live`` is false for them, and the same id may then occur a second time.

    Attributes:
        vectors: ``[n, dimension]`` float32, about of unit length; usually those of a file, see `QuantisedRows`.
        document_ids: ``[n_documents]`` object array of strings.
        offsets: ``[n_documents + 1]`` int64, strictly increasing, from 0 to ``n``.
        live: ``[n_documents]`` bool.
        generation: Of the index when this was taken.
        quantised: The vectors, if their codes are to be scanned.
    """

    vectors: npt.NDArray[np.float32] | QuantisedRows
    document_ids: npt.NDArray[np.object_]
    offsets: npt.NDArray[np.int64]
    live: npt.NDArray[np.bool_]
    generation: int
    quantised: QuantisedRows | None = None

    def mention_key(self, row: int) -> tuple[str, int]:
        """Document id and mention number of a row, as `ChromaStore.mentions` takes them."""
        document = int(np.searchsorted(self.offsets, row, side="right")) - 1
        return str(self.document_ids[document]), int(row - self.offsets[document])

    def check(self) -> None:
        """Raise `StoreError` where a file below was cut off."""
        if isinstance(self.vectors, QuantisedRows):
            self.vectors.check()
