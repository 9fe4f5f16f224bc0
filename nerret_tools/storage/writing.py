"""Changing an index: journal, mentions, documents, journal cleared.

A batch may be cut off anywhere. What it had touched is then named by the journal, which hides it from readers
and lets the next writer remove it. Ids are reused by upserts: deleting and adding grows Chroma's graph for
ever.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nerret_tools.errors import DocumentError, StoreUnavailableError
from nerret_tools.storage.keys import CONTENT, GENERATION, METADATA, SPAN, content_of, content_value, span_value
from nerret_tools.storage.metadata import RESERVED_PREFIX, filterable, to_json
from nerret_tools.storage.packed import pack
from nerret_tools.storage.records import MentionBlock, StoredDocument, mention_ids

if TYPE_CHECKING:
    from nerret_tools.scan import ScanCopy
    from nerret_tools.storage.open_index import WritableIndex
    from nerret_tools.storage.state import IndexState

__all__ = ["clean", "delete", "write"]

_log = logging.getLogger(__name__)

_JOURNAL_DOCUMENTS = 5_000
"""Documents in one journal: with ids of 1,000 characters it then has 5 MB."""

Batch = Sequence[tuple[StoredDocument, MentionBlock]]


def write(index: WritableIndex, scan: ScanCopy, batch: Batch) -> None:
    """Add or replace documents, see `ChromaStore.write`."""
    _check(batch, scan.dimension)
    for first in range(0, len(batch), _JOURNAL_DOCUMENTS):
        _write_part(index, scan, batch[first : first + _JOURNAL_DOCUMENTS])


def delete(index: WritableIndex, scan: ScanCopy, ids: Sequence[str]) -> int:
    """Remove documents, see `ChromaStore.delete`."""
    unique = list(dict.fromkeys(ids))
    deleted = 0
    for first in range(0, len(unique), _JOURNAL_DOCUMENTS):
        state = clean(index, scan)
        part = unique[first : first + _JOURNAL_DOCUMENTS]
        counts = {name: content_of(kept)[1] for name, kept in index.documents.metadata(part)}
        if counts:
            state = _begin(index, scan, state, counts)
            _remove(index, counts)
            _commit(index, scan, state, [])
            deleted += len(counts)
    return deleted


def _check(batch: Batch, dimension: int) -> None:
    seen: set[str] = set()
    for document, block in batch:
        if document.id in seen:
            raise DocumentError(f"document {document.id!r} is twice in one batch; pass each id once")
        seen.add(document.id)
        shapes = (block.vectors.shape, block.spans.shape, len(block), document.mention_count)
        count = len(block)
        if shapes != ((count, dimension), (count, 2), count, count):
            raise DocumentError(
                f"document {document.id!r}: vectors {shapes[0]}, spans {shapes[1]}, {count} surfaces and a "
                f"mention count of {shapes[3]} do not fit each other in an index of {dimension} dimensions"
            )
        if not np.isfinite(block.vectors).all():
            raise DocumentError(f"document {document.id!r} has a mention vector with NaN or infinity")


def _write_part(index: WritableIndex, scan: ScanCopy, batch: Batch) -> None:
    state = clean(index, scan)
    before = dict(index.documents.metadata([document.id for document, _ in batch]))
    old_counts = {name: content_of(kept)[1] for name, kept in before.items()}
    most = {document.id: max(len(block), old_counts.get(document.id, 0)) for document, block in batch}
    state = _begin(index, scan, state, most)

    _upsert_mentions(index, batch)
    surplus = [
        mention
        for document, block in batch
        for mention in mention_ids(document.id, old_counts.get(document.id, 0), first=len(block))
    ]
    index.mentions.delete(surplus)
    index.documents.upsert(
        [document.id for document, _ in batch],
        np.zeros((len(batch), 1), np.float32),  # Chroma wants a vector, and nobody looks for one
        [_kept(document, before.get(document.id, {}), state.generation + 1) for document, _ in batch],
        [document.text for document, _ in batch],
    )
    _commit(index, scan, state, batch)


def _upsert_mentions(index: WritableIndex, batch: Batch) -> None:
    ids = [mention for document, block in batch for mention in mention_ids(document.id, len(block))]
    if not ids:
        return
    metadata = [
        {SPAN: span_value(start, end, surface)}
        for _, block in batch
        for (start, end), surface in zip(block.spans.tolist(), block.surfaces, strict=True)
    ]
    vectors = np.concatenate([block.vectors for _, block in batch], dtype=np.float32)
    index.mentions.upsert(ids, pack(vectors), metadata)


def _kept(document: StoredDocument, before: Mapping[str, Any], generation: int) -> dict[str, Any]:
    """A document's metadata for Chroma, which merges: keys that are gone must be ``None``."""
    return {
        **{key: None for key in before if not key.startswith(RESERVED_PREFIX)},
        **filterable(document.metadata),
        CONTENT: content_value(document.content_hash, document.mention_count),
        GENERATION: generation,
        METADATA: to_json(document.metadata),
    }


def clean(index: WritableIndex, scan: ScanCopy) -> IndexState:
    """Remove what a killed writer left; returns the state after that."""
    state = index.state()
    if state.pending is None:
        return state
    _log.warning("%s: removing %d documents of an interrupted write", index.title, len(state.pending))
    _remove(index, state.pending)
    return _advance(index, scan, state, state.done())


def _begin(index: WritableIndex, scan: ScanCopy, state: IndexState, pending: Mapping[str, int]) -> IndexState:
    begun = state.begun(uuid.uuid4().hex, pending)
    return _advance(index, scan, state, begun)


def _commit(index: WritableIndex, scan: ScanCopy, state: IndexState, batch: Batch) -> None:
    if index.state().writer != state.writer:
        # Its recovery may have removed part of ours: take the rest out too
        _remove(index, state.hidden)
        raise StoreUnavailableError(
            f"another program wrote to {index.title} at the same time, and this batch was taken back; "
            "let one program write at a time, then add the same documents again"
        )
    _advance(index, scan, state, state.done(), batch)


def _advance(index: WritableIndex, scan: ScanCopy, old: IndexState, new: IndexState, written: Batch = ()) -> IndexState:
    """Store the next state; the scan copy takes the same step where it was up to date."""
    with scan.lock:
        index.set_state(new)
        if scan.generation == old.generation:
            scan.drop(new.hidden)
            scan.append([document.id for document, _ in written], [block.vectors for _, block in written])
            scan.generation = new.generation
            scan.save()
    return new


def _remove(index: WritableIndex, counts: Mapping[str, int]) -> None:
    index.mentions.delete([mention for name, most in counts.items() for mention in mention_ids(name, most)])
    index.documents.delete(list(counts))
