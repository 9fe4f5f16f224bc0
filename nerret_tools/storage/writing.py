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
import numpy.typing as npt

from nerret_tools.errors import DocumentError, StoreUnavailableError
from nerret_tools.storage.keys import CONTENT, GENERATION, METADATA, content_of, content_value
from nerret_tools.storage.metadata import RESERVED_PREFIX, filterable, to_json
from nerret_tools.storage.records import MentionBlock, StoredDocument, mention_ids

if TYPE_CHECKING:
    from nerret_tools.scan import ScanCopy
    from nerret_tools.storage.opening import OpenIndex
    from nerret_tools.storage.state import IndexState

__all__ = ["delete", "write"]

_log = logging.getLogger(__name__)

_JOURNAL_DOCUMENTS = 5_000
"""Documents in one journal: with ids of 1,000 characters it then has 5 MB."""

_ABSENT_VECTOR = 1
"""Dimension of the zeros that stand for documents' vectors in an index that has none."""

Batch = Sequence[tuple[StoredDocument, MentionBlock]]


def write(index: OpenIndex, scan: ScanCopy, batch: Batch) -> None:
    """Add or replace documents, see `ChromaStore.write`."""
    _check(batch, scan.dimension)
    with index.connection.write_lock:
        for first in range(0, len(batch), _JOURNAL_DOCUMENTS):
            _write_part(index, scan, batch[first : first + _JOURNAL_DOCUMENTS])


def delete(index: OpenIndex, scan: ScanCopy, ids: Sequence[str]) -> int:
    """Remove documents, see `ChromaStore.delete`."""
    unique = list(dict.fromkeys(ids))
    deleted = 0
    with index.connection.write_lock:
        for first in range(0, len(unique), _JOURNAL_DOCUMENTS):
            state = _clean_state(index, scan)
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


def _write_part(index: OpenIndex, scan: ScanCopy, batch: Batch) -> None:
    state = _clean_state(index, scan)
    before = dict(index.documents.metadata([document.id for document, _ in batch]))
    old_counts = {name: content_of(kept)[1] for name, kept in before.items()}
    vectors = _document_vectors(batch, state)
    most = {document.id: max(len(block), old_counts.get(document.id, 0)) for document, block in batch}
    state = _begin(index, scan, state, most, document_dimension=vectors.shape[1])

    _upsert_mentions(index, batch)
    surplus = [
        mention
        for document, block in batch
        for mention in mention_ids(document.id, old_counts.get(document.id, 0), first=len(block))
    ]
    index.mentions.delete(surplus)
    index.documents.upsert(
        [document.id for document, _ in batch],
        vectors,
        [_kept(document, before.get(document.id, {}), state.generation + 1) for document, _ in batch],
        [document.text for document, _ in batch],
    )
    _commit(index, scan, state, batch)


def _upsert_mentions(index: OpenIndex, batch: Batch) -> None:
    ids = [mention for document, block in batch for mention in mention_ids(document.id, len(block))]
    if not ids:
        return
    metadata = [
        {"start": start, "end": end, "text": surface}
        for _, block in batch
        for (start, end), surface in zip(block.spans.tolist(), block.surfaces, strict=True)
    ]
    vectors = np.concatenate([block.vectors for _, block in batch], dtype=np.float32)
    index.mentions.upsert(ids, vectors, metadata)


def _kept(document: StoredDocument, before: Mapping[str, Any], generation: int) -> dict[str, Any]:
    """A document's metadata for Chroma, which merges: keys that are gone must be ``None``."""
    return {
        **{key: None for key in before if not key.startswith(RESERVED_PREFIX)},
        **filterable(document.metadata),
        CONTENT: content_value(document.content_hash, document.mention_count),
        GENERATION: generation,
        METADATA: to_json(document.metadata),
    }


def _document_vectors(batch: Batch, state: IndexState) -> npt.NDArray[np.float32]:
    given = {len(document.vector) for document, _ in batch if document.vector is not None}
    dimension = state.document_dimension or max(given, default=_ABSENT_VECTOR)
    if given - {dimension}:
        raise DocumentError(
            f"documents with own vectors of {sorted(given)} dimensions cannot be in an index "
            f"that was begun with {dimension}; use the same model for all"
        )
    vectors = np.zeros((len(batch), dimension), np.float32)
    for row, (document, _) in enumerate(batch):
        if document.vector is not None:
            vectors[row] = document.vector
    return vectors


def _clean_state(index: OpenIndex, scan: ScanCopy) -> IndexState:
    """The state, after what a killed writer left was removed."""
    state = index.state()
    if state.pending is None:
        return state
    _log.warning("%s: removing %d documents of an interrupted write", index.title, len(state.pending))
    _remove(index, state.pending)
    return _advance(index, scan, state, state.done())


def _begin(
    index: OpenIndex,
    scan: ScanCopy,
    state: IndexState,
    pending: Mapping[str, int],
    document_dimension: int = 0,
) -> IndexState:
    begun = state.begun(uuid.uuid4().hex, pending, document_dimension)
    if state.generation == 0 and scan.generation is None and scan.on_disk:
        # A new index: the copy grows with it, and Chroma need not be read for it.
        scan.reset()
        scan.generation = 0
    return _advance(index, scan, state, begun)


def _commit(index: OpenIndex, scan: ScanCopy, state: IndexState, batch: Batch) -> None:
    if index.state().writer != state.writer:
        # Its recovery may have removed part of ours: take the rest out too
        _remove(index, state.hidden)
        raise StoreUnavailableError(
            f"another program wrote to {index.title} at the same time, and this batch was taken back; "
            "let one program write at a time, then add the same documents again"
        )
    _advance(index, scan, state, state.done(), batch)


def _advance(index: OpenIndex, scan: ScanCopy, old: IndexState, new: IndexState, written: Batch = ()) -> IndexState:
    """Store the next state; the scan copy takes the same step where it was up to date."""
    with scan.lock:
        index.set_state(new)
        if scan.generation == old.generation:
            scan.drop(new.hidden)
            scan.append([document.id for document, _ in written], [block.vectors for _, block in written])
            scan.generation = new.generation
    return new


def _remove(index: OpenIndex, counts: Mapping[str, int]) -> None:
    index.mentions.delete([mention for name, most in counts.items() for mention in mention_ids(name, most)])
    index.documents.delete(list(counts))
