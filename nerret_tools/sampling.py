"""A few of the mentions, drawn by chance: what maps and overviews of an index are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nerret_tools.documents import Mention
from nerret_tools.scan import Scan


@dataclass(frozen=True, eq=False)
class MentionSample:
    """Mentions with their embeddings, ``n`` of them, in the order of their documents.

    Attributes:
        mentions: With archetype, and with score where a type was asked for.
        document_ids: Of each one's document.
        embeddings: ``[n, dimension]`` float32, unit length.
        relevances: ``[n]``, calibrated probabilities that each is of the asked type; ``None`` where none was asked
            for or the model has no calibration.
        documents_with_mentions: So many documents of the whole index have any.
    """

    mentions: list[Mention]
    document_ids: list[str]
    embeddings: npt.NDArray[np.float32]
    relevances: npt.NDArray[np.float64] | None
    documents_with_mentions: int


def draw_rows(scan: Scan, limit: int) -> npt.NDArray[np.int64]:
    """Rows of at most so many mentions that are not deleted, the same ones as long as the index does not change."""
    counts = np.diff(scan.offsets)
    rows = np.flatnonzero(np.repeat(scan.live, counts))
    if len(rows) > limit:
        rows = np.sort(np.random.default_rng(scan.generation).choice(rows, limit, replace=False))
    return rows.astype(np.int64)
