"""Why a document is listed: its best mentions."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nerret_tools.ranking.scores import Scores


@dataclass(frozen=True)
class Evidence:
    """The best mentions of several documents."""

    rows: npt.NDArray[np.int64]  # `[m]` row numbers: the first document's best first, then the second's, and so on
    scores: npt.NDArray[np.float64]  # `[m]` float64, rounded as documents' scores are
    offsets: npt.NDArray[np.int64]  # `[k + 1]`: document `i` has entries `offsets[i]` to `offsets[i + 1]`
    counts: npt.NDArray[np.int64]  # `[k]`: each document's mentions over the cut-off, listed or not


def gather_evidence(
    scores: Scores, documents: npt.NDArray[np.int64], *, min_score: float | None = None, max_mentions: int | None = 3
) -> Evidence:
    """The best mentions of each document, ties in the order in which the document has them.

    Where several types share a document, the best of each comes first, then the second best of each.

    Args:
        scores: Of all mentions.
        documents: ``[k]``, as in `Page.documents`.
        min_score: Mentions whose rounded score is below are neither listed nor counted.
        max_mentions: The most that are listed of one document; ``None``: all.
    """
    rows, starts = scores.rows(documents)
    owners = np.repeat(np.arange(len(documents)), np.diff(np.append(starts, len(rows))))
    if min_score is not None:
        over = scores.mentions_at_least(rows, min_score)
        rows, owners = rows[over], owners[over]
    counts = np.bincount(owners, minlength=len(documents))

    able = np.full(len(rows), max_mentions is None)
    for one in scores.single if max_mentions is not None else ():
        able |= _might_be_listed(owners, one.least[rows], one.most[rows], len(documents), max_mentions or 0)
    rows, owners = rows[able], owners[able]
    of_types = np.array([one.of_mentions(rows) for one in scores.single])
    exact = of_types.max(axis=0)
    order = np.lexsort((rows, -exact, owners))
    rows, owners, exact = rows[order], owners[order], exact[order]
    if len(of_types) > 1:
        turns = _turns(owners, of_types.argmax(axis=0)[order])
        order = np.lexsort((rows, -exact, turns, owners))
        rows, exact = rows[order], exact[order]
    listed = np.full(len(rows), True)
    if max_mentions is not None:
        listed = _rank_within(owners, len(documents)) < max_mentions
    kept = np.bincount(owners[listed], minlength=len(documents))
    offsets = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
    return Evidence(rows[listed], exact[listed], offsets, counts.astype(np.int64))


def tell_apart(starts: Sequence[int], ends: Sequence[int], surfaces: Sequence[str]) -> list[list[int]]:
    """Put a document's mentions, best first, together by name, without those that overlap a better one.

    Names are compared without case and white space; empty surfaces are left out.

    Returns:
        Places in the given lists, by name: the best name first, and of each the best mention first.
    """
    taken: list[tuple[int, int]] = []  # apart from each other, by place
    names: dict[str, list[int]] = {}
    for number, span in enumerate(zip(starts, ends, strict=True)):
        at = bisect(taken, span)
        clear = (not at or taken[at - 1][1] <= span[0]) and (at == len(taken) or span[1] <= taken[at][0])
        if clear and surfaces[number]:
            taken.insert(at, span)
            names.setdefault(" ".join(surfaces[number].casefold().split()), []).append(number)
    return list(names.values())


def _might_be_listed(
    owners: npt.NDArray[np.int64],
    least: npt.NDArray[np.float32],
    most: npt.NDArray[np.float32],
    documents: int,
    max_mentions: int,
) -> npt.NDArray[np.bool_]:
    """Rows that can be among their document's `max_mentions` best, by their bounds."""
    if max_mentions <= 0:
        return np.zeros(len(least), dtype=bool)
    order = np.lexsort((-least, owners))
    ranks = _rank_within(owners[order], documents)
    needed = np.full(documents, -np.inf)
    last = order[ranks == max_mentions - 1]
    needed[owners[last]] = least[last]
    chosen: npt.NDArray[np.bool_] = most >= needed[owners]
    return chosen


def _turns(owners: npt.NDArray[np.int64], types: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For rows sorted by owner: each one's number among those of its owner and type, from 0."""
    groups = owners * (int(types.max(initial=0)) + 1) + types
    order = np.argsort(groups, kind="stable")
    turns = np.empty(len(groups), dtype=np.int64)
    turns[order] = _rank_within(groups[order], int(groups.max(initial=0)) + 1)
    return turns


def _rank_within(owners: npt.NDArray[np.int64], documents: int) -> npt.NDArray[np.int64]:
    """For rows sorted by owner: each one's number within its owner, from 0."""
    counts = np.bincount(owners, minlength=documents)
    return np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
