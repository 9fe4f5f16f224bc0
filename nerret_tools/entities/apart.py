"""Of mentions that overlap in a document, those that count."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_ONLY_A_LIST = re.compile(r"(?:[\s,;/|•·*\n–-]|\b(?:and|or)\b)*")


def without_overlaps(
    documents: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    surfaces: Sequence[str],
    scores: npt.NDArray[np.float64],
) -> npt.NDArray[np.bool_]:
    """Keep the best of mentions that overlap; of "Oslo , Bergen" the two names.

    Args:
        documents: Number of the document that each stands in, ``[n]``, rising.
        starts: First character, ``[n]``, rising within a document.
        ends: One past the last, ``[n]``.
        surfaces: As they are written.
        scores: ``[n]``.

    Returns:
        Whether each is kept, ``[n]``.
    """
    kept = np.ones(len(documents), dtype=bool)
    if not len(documents):
        return kept
    room = int(ends.max()) + 1
    reached = np.maximum.accumulate(documents * room + ends)
    begins = np.append(True, (documents * room + starts)[1:] >= reached[:-1])
    firsts = np.flatnonzero(begins)
    stops = np.append(firsts[1:], len(documents))
    for first, stop in zip(firsts[stops - firsts > 1].tolist(), stops[stops - firsts > 1].tolist(), strict=True):
        rows = range(first, stop)
        spans = {row: (int(starts[row]), int(ends[row])) for row in rows}
        lists = {row for row in rows if _is_list(surfaces[row], spans[row], [spans[one] for one in rows if one != row])}
        taken: list[tuple[int, int]] = []
        for row in sorted(rows, key=lambda one: (-scores[one], spans[one][0] - spans[one][1], one)):
            start, end = spans[row]
            kept[row] = row not in lists and all(end <= a or b <= start for a, b in taken)
            if kept[row]:
                taken.append((start, end))
    return kept


def _is_list(surface: str, span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    """Whether it is nothing but others beside each other."""
    inside = sorted(one for one in set(others) if span[0] <= one[0] and one[1] <= span[1] and one != span)
    parts: list[tuple[int, int]] = []
    for start, end in inside:
        if not parts or start >= parts[-1][1]:
            parts.append((start, end))
    if len(parts) < 2:
        return False
    left, at = [], span[0]
    for start, end in parts:
        left.append(surface[at - span[0] : start - span[0]])
        at = end
    left.append(surface[at - span[0] :])
    return all(_ONLY_A_LIST.fullmatch(one) for one in left)
