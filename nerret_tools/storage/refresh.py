"""Bringing a scan copy up to date from Chroma: only what changed since its generation is read.

What was added or replaced says so itself, by the generation that a document carries. What was deleted shows in
the number of documents; only where that does not fit, all ids are read.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from nerret_tools.storage.keys import GENERATION, VECTORS, content_of
from nerret_tools.storage.packed import unpack_vectors
from nerret_tools.storage.records import part_ids

if TYPE_CHECKING:
    from nerret_tools.scan import ScanCopy
    from nerret_tools.storage.open_index import OpenIndex, WritableIndex
    from nerret_tools.storage.state import IndexState

__all__ = ["refresh"]

_log = logging.getLogger(__name__)

_ATTEMPTS = 5
"""Times that a change by another client, seen while reading, is read as well before it is left out."""

_PORTION = 10_000
"""Mentions read before they are appended: 20 MB at 500 dimensions."""

_DOCUMENTS = 5_000
"""Documents whose mention counts are read at a time."""

_SAVE_MENTIONS = 100_000
"""Mentions after which an unfinished reading is saved, to be gone on with: some seconds' from a server."""


def refresh(copy: ScanCopy, index: OpenIndex | WritableIndex, state: IndexState) -> None:
    """Make the copy equal to what Chroma holds.

    A document that another client is writing at this moment is left out, as it is everywhere else.

    Args:
        copy: Filled anew when its generation is unknown; where that was begun before, the rest is read.
        index: Read from.
        state: Of the index, read just now.
    """
    for _ in range(_ATTEMPTS):
        _read(copy, index, state)
        after = index.state()
        if after.generation == state.generation:
            return
        state = after
    # In this order: a batch that ends in between is then among the changed ones
    hidden = index.state().hidden
    copy.drop(_changed(index, copy.generation))
    copy.drop(hidden)


def _read(copy: ScanCopy, index: OpenIndex | WritableIndex, state: IndexState) -> None:
    since = copy.generation if copy.generation is not None else copy.begun
    if since is None:
        copy.reset()
        since = copy.begun = state.generation
    hidden = state.hidden.keys()
    copy.drop(hidden)
    _pull(copy, index, _changed(index, since) - hidden)
    if copy.known_count != index.documents.count() - len(index.documents.existing(list(hidden))):
        present = set(index.documents.all_ids()) - hidden
        copy.drop(copy.known_ids - present)
        _pull(copy, index, present - copy.known_ids)
    copy.generation = state.generation


def _changed(index: OpenIndex | WritableIndex, generation: int | None) -> set[str]:
    return set(index.documents.all_ids({GENERATION: {"$gt": generation}}))


def _pull(copy: ScanCopy, index: OpenIndex | WritableIndex, document_ids: Collection[str]) -> None:
    names, unsaved = sorted(document_ids), 0
    for first in range(0, len(names), _DOCUMENTS):
        kept = index.documents.metadata(names[first : first + _DOCUMENTS])
        counts = {name: content_of(metadata)[1] for name, metadata in kept}
        for portion in _portions(counts):
            _append(copy, index, portion)
            unsaved += sum(portion.values())
            if unsaved >= _SAVE_MENTIONS:
                if copy.generation is None:
                    copy.save()
                # Chroma's client leaves each answer, text of 4 MB, in a cycle that Python rarely looks for by itself
                gc.collect()
                unsaved = 0


def _portions(counts: Mapping[str, int]) -> Iterable[dict[str, int]]:
    portion: dict[str, int] = {}
    size = 0
    for name, count in counts.items():
        portion[name] = count
        size += count
        if size >= _PORTION:
            yield portion
            portion, size = {}, 0
    if portion:
        yield portion


def _append(copy: ScanCopy, index: OpenIndex | WritableIndex, counts: Mapping[str, int]) -> None:
    parts = {name: part_ids(name, count) if count else [] for name, count in counts.items()}
    kept = index.parts.metadata([part for own in parts.values() for part in own], [VECTORS])
    texts = {part: row[VECTORS] for part, row in kept if VECTORS in row}
    found = dict(zip(texts, unpack_vectors(list(texts.values()), copy.dimension), strict=True))
    blocks = []
    for name, own in parts.items():
        there = [found[part] for part in own if part in found]
        if sum(map(len, there)) != counts[name]:
            _log.warning("%s: mentions of document %r are missing, so it is left out", index.title, name)
            there = []
        blocks.append(np.concatenate([np.empty((0, copy.dimension), np.float32), *there]))
    copy.append(list(counts), blocks)
