"""Documents in: checked, compared with what is stored, encoded and written, part by part."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nerret_tools.account import Account, Outcome
from nerret_tools.detection import Detector
from nerret_tools.documents import AddReport, Document
from nerret_tools.errors import DocumentError
from nerret_tools.intake import Checked, checked, id_of
from nerret_tools.models import Model
from nerret_tools.storage import ChromaStore, MentionBlock, StoredDocument

if TYPE_CHECKING:
    from nerret_tools.models.entity_model import EncodedDocument

logger = logging.getLogger(__name__)

__all__ = ["BATCH_SIZE", "PART_CHARACTERS", "DocumentEncoder", "add_documents", "parts"]

BATCH_SIZE = 500
"""Documents written at once: the last ones are written while nothing is encoded. Their mentions fit Chroma's batch."""

PART_DOCUMENTS = 512
"""Encoded at once: enough to sort by length, few enough that progress is seen to move."""

PART_CHARACTERS = 128 * 2**10
"""Of text, encoded at once: 512 sentences have half of it. A long document is a part of its own."""

NO_DETECTOR = (
    "it came without spans, and the model has no span head to find them: give the document its spans, open the index "
    "with detector=..., or train a span head (nerret train --only spans)"
)

Given = Document | Mapping[str, Any]


@dataclass(frozen=True)
class DocumentEncoder:
    """Checks documents, compares them with what is stored, finds mentions, embeds them. Writes nothing.

    Attributes:
        store: What is there already.
        model: Loaded when the first document needs it.
        detector: Finds the mentions instead of the model's span head.
    """

    store: ChromaStore
    model: Model
    detector: Detector | None = None

    def outcomes(self, given: Sequence[Given]) -> list[Outcome]:
        """Say what became of each, in order; equal documents under one id are encoded once."""
        found: list[Outcome | Checked] = [_check(one) for one in given]
        passed = [one for one in found if isinstance(one, Checked)]
        known = self.store.known([one.document.id for one in passed]) if passed else {}
        firsts = {one.document.id: one for one in reversed(passed)}
        settled = {name: Outcome(name, one.content_hash, known=name in known) for name, one in firsts.items()}
        changed = [one for name, one in firsts.items() if name not in known or known[name][0] != one.content_hash]
        for one, result in self._encode(changed):
            before = settled[one.document.id]
            settled[one.document.id] = (
                replace(before, reason=result) if isinstance(result, str) else replace(before, rows=_rows(one, result))
            )
        return [one if isinstance(one, Outcome) else _same(settled[one.document.id], one) for one in found]

    def _encode(self, changed: list[Checked]) -> Iterator[tuple[Checked, EncodedDocument | str]]:
        """Give each document its mentions, or the reason why it has none."""
        if self.detector is None and not self.model.spec.has_span_head:
            yield from ((one, NO_DETECTOR) for one in changed if one.spans is None)
            changed = [one for one in changed if one.spans is not None]
        if not changed:
            return
        texts = [one.document.text for one in changed]
        spans: list[list[tuple[int, int]] | None] = [one.spans for one in changed]
        if self.detector is not None:
            open_texts = [number for number, given in enumerate(spans) if given is None]
            detected = self.detector.detect([texts[number] for number in open_texts])
            for number, found in zip(open_texts, detected, strict=True):
                spans[number] = _usable(found, texts[number])
        for one, encoded in zip(changed, self.model.load().encode(texts, spans), strict=True):
            if encoded.noise:
                logger.warning("%s: %d characters are no language and give no names", one.document.id, encoded.noise)
            if encoded.unreadable and one.document.spans is not None:
                span = encoded.unreadable[0]
                yield one, f"span [{span.start}, {span.end}) cannot be used: {span.reason}"
            else:
                yield one, encoded


def add_documents(
    documents: Iterable[Given], encoder: DocumentEncoder, batch_size: int, advance: Callable[[int], None]
) -> AddReport:
    """Index documents in this process; those that cannot be are reported and the others go in.

    A batch is written while the next one is encoded: ``benchmarks/index_throughput.py`` prints both ways.

    Args:
        documents: What to index; it is streamed.
        encoder: For the store that they go to.
        batch_size: Documents written at once.
        advance: Called with the number of documents that were just encoded.
    """
    with ThreadPoolExecutor(1, "nerret-write") as writer:
        account = Account(encoder.store, batch_size, writer)
        for part in parts(documents, _characters, min(batch_size, PART_DOCUMENTS)):
            account.take(encoder.outcomes(part))
            advance(len(part))
        account.flush()
    return account.report


def parts(items: Iterable[Any], characters: Callable[[Any], int], most: int) -> Iterator[list[Any]]:
    """Cut a stream into parts of at most so many items, and of about equal work."""
    part: list[Any] = []
    total = 0
    for item in items:
        length = characters(item)
        if part and total + length > PART_CHARACTERS:
            yield part
            part, total = [], 0
        part.append(item)
        total += length
        if len(part) >= most:
            yield part
            part, total = [], 0
    if part:
        yield part


def _characters(given: Given) -> int:
    text = given.text if isinstance(given, Document) else given.get("text") if isinstance(given, Mapping) else None
    return len(text) if isinstance(text, str) else 0


def _check(given: Given) -> Outcome | Checked:
    try:
        return checked(given)
    except DocumentError as error:
        return Outcome(id_of(given), reason=str(error))


def _same(first: Outcome, one: Checked) -> Outcome:
    """The outcome of the first document of this id, for one that comes after it."""
    return first if first.content_hash == one.content_hash else Outcome(one.document.id, one.content_hash)


def _usable(spans: Iterable[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """Cut a detector's spans to the text: a foreign detector's off-by-one must not lose a document."""
    cut = {(max(0, start), min(len(text), end)) for start, end in spans}
    return sorted((start, end) for start, end in cut if start < end)


def _rows(one: Checked, found: EncodedDocument) -> tuple[StoredDocument, MentionBlock]:
    """An encoded document as the store keeps it."""
    document = one.document
    surfaces = [document.text[start:end] for start, end in found.spans.tolist()]
    stored = StoredDocument(
        id=document.id,
        text=document.text,
        metadata=document.metadata,
        content_hash=one.content_hash,
        mention_count=len(surfaces),
    )
    return stored, MentionBlock(spans=found.spans, surfaces=surfaces, vectors=found.embeddings)
