"""Bringing a scan copy up to date from Chroma: only what changed since its generation is read."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from nerret_tools.storage.keys import GENERATION, content_of
from nerret_tools.storage.records import mention_ids

if TYPE_CHECKING:
    from nerret_tools.storage.opening import OpenIndex
    from nerret_tools.storage.scan_copy import ScanCopy
    from nerret_tools.storage.state import IndexState

__all__ = ["refresh"]

_log = logging.getLogger(__name__)

_ATTEMPTS = 5
"""Times that a change by another client, seen while reading, is read as well before it is left out."""

_PORTION = 10_000
"""Mentions read before they are appended: 20 MB at 500 dimensions."""


def refresh(copy: ScanCopy, index: OpenIndex, state: IndexState) -> None:
    """Make the copy equal to what Chroma holds.

    A document that another client is writing at this moment is left out, as it is everywhere else.

    Args:
        copy: Filled anew when its generation is unknown.
        index: Read from.
        state: Of the index, read just now.
    """
    if copy.generation is None:
        copy.reset()
    for _ in range(_ATTEMPTS):
        _read(copy, index, state)
        after = index.state()
        if after.generation == state.generation:
            return
        state = after
    copy.drop(_changed(index, state.generation))
    copy.drop(index.state().hidden)


def _read(copy: ScanCopy, index: OpenIndex, state: IndexState) -> None:
    present = set(index.documents.all_ids()) - set(state.hidden)
    changed = present if copy.generation is None else present & _changed(index, copy.generation)
    copy.drop([name for name in list(copy.live_ids) if name not in present or name in changed])
    counts = {name: content_of(kept)[1] for name, kept in index.documents.metadata(sorted(changed))}
    for portion in _portions(counts):
        _append(copy, index, {name: counts[name] for name in portion})
    copy.generation = state.generation


def _changed(index: OpenIndex, generation: int) -> set[str]:
    return set(index.documents.all_ids({GENERATION: {"$gt": generation}}))


def _portions(counts: dict[str, int]) -> Iterable[list[str]]:
    portion: list[str] = []
    size = 0
    for name, count in counts.items():
        if not count:
            continue
        portion.append(name)
        size += count
        if size >= _PORTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _append(copy: ScanCopy, index: OpenIndex, counts: dict[str, int]) -> None:
    wanted = [mention for name, count in counts.items() for mention in mention_ids(name, count)]
    position = {mention: row for row, mention in enumerate(wanted)}
    vectors = np.empty((len(wanted), copy.dimension), np.float32)
    there = np.zeros(len(wanted), dtype=bool)
    for ids, page in index.mentions.vectors(wanted, copy.dimension):
        rows = [position[mention] for mention in ids]
        vectors[rows] = page
        there[rows] = True
    names, blocks, first = [], [], 0
    for name, count in counts.items():
        last = first + count
        if there[first:last].all():
            names.append(name)
            blocks.append(vectors[first:last])
        else:
            _log.warning("%s: mentions of document %r are missing, so it is left out", index.title, name)
        first = last
    copy.append(names, blocks)
