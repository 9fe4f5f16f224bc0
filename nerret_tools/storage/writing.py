"""Changing an index: journal, parts, documents, journal cleared.

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
from nerret_tools.storage.keys import CONTENT, GENERATION, METADATA, NAMES, TEXT, VECTORS, content_of, content_value
from nerret_tools.storage.metadata import filterable, to_json
from nerret_tools.storage.packed import pack_names, pack_vectors
from nerret_tools.storage.records import PART_MENTIONS, MentionBlock, StoredDocument, part_ids

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
            state = _begin(index, scan, state, counts, sum(counts.values()))
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
    state = _begin(index, scan, state, most, sum(old_counts.values()))

    parts = _parts(batch)
    index.parts.upsert(list(parts), list(parts.values()))
    old_parts = [part for name, count in old_counts.items() for part in part_ids(name, count)]
    index.parts.delete([part for part in old_parts if part not in parts])
    index.documents.upsert(
        [document.id for document, _ in batch],
        [_kept(document, before.get(document.id, {}), state.generation + 1) for document, _ in batch],
    )
    _commit(index, scan, state, batch)


def _parts(batch: Batch) -> dict[str, dict[str, Any]]:
    """All parts of the documents by their ids."""
    vectors = np.concatenate([block.vectors for _, block in batch], dtype=np.float32)
    pieces = [
        (part, document, block, slice(first, min(first + PART_MENTIONS, len(block))))
        for document, block in batch
        for part, first in zip(
            part_ids(document.id, len(block)), range(0, max(1, len(block)), PART_MENTIONS), strict=True
        )
    ]
    packed = pack_vectors(vectors, [piece.stop - piece.start for _, _, _, piece in pieces])
    return {
        part: {
            **({} if piece.start else {TEXT: document.text}),
            NAMES: pack_names(block.spans[piece], block.surfaces[piece]),
            VECTORS: vectors_text,
        }
        for (part, document, block, piece), vectors_text in zip(pieces, packed, strict=True)
    }


def _kept(document: StoredDocument, before: Mapping[str, Any], generation: int) -> dict[str, Any]:
    """A document's metadata for Chroma, which merges: keys that are gone must be ``None``."""
    return {
        **dict.fromkeys(before),
        **filterable(document.metadata),
        CONTENT: content_value(document.content_hash, document.mention_count),
        GENERATION: generation,
        **({METADATA: to_json(document.metadata)} if document.metadata else {}),
    }


def clean(index: WritableIndex, scan: ScanCopy) -> IndexState:
    """Remove what a killed writer left; returns the state after that."""
    state = index.state()
    if state.pending is None:
        return state
    _log.warning("%s: removing %d documents of an interrupted write", index.title, len(state.pending))
    _remove(index, state.pending)
    return _advance(index, scan, state, state.done())


def _begin(
    index: WritableIndex, scan: ScanCopy, state: IndexState, pending: Mapping[str, int], hidden: int
) -> IndexState:
    return _advance(index, scan, state, state.begun(uuid.uuid4().hex, pending, hidden))


def _commit(index: WritableIndex, scan: ScanCopy, state: IndexState, batch: Batch) -> None:
    if index.state().writer != state.writer:
        # Its recovery may have removed part of ours: take the rest out too
        _remove(index, state.hidden)
        raise StoreUnavailableError(
            f"another program wrote to {index.title} at the same time, and this batch was taken back; "
            "let one program write at a time, then add the same documents again"
        )
    _advance(index, scan, state, state.done(sum(len(block) for _, block in batch)), batch)


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
    index.parts.delete([part for name, most in counts.items() for part in part_ids(name, most)])
    index.documents.delete(list(counts))
