"""Documents in: checked, compared with what is stored, encoded and written, batch by batch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from nerret_tools.detection import Detector
from nerret_tools.documents import AddReport, Document, FailedDocument
from nerret_tools.errors import DocumentError
from nerret_tools.storage import ChromaStore, MentionBlock, StoredDocument, check_metadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from nerret_tools.models.entity_model import EncodedDocument, EntityModel

BATCH_SIZE = 1000  # documents written at once; their mentions fit one of Chroma's batches

NO_DETECTOR = (
    "it came without spans, and the model has no span head to find them: give the document its spans, open the index "
    "with detector=..., or train a span head (nerret train spans)"
)


@dataclass(frozen=True)
class Checked:
    """A document that can be indexed, with its place in the input."""

    position: int
    document: Document
    content_hash: str

    @property
    def spans(self) -> list[tuple[int, int]] | None:
        """The document's own spans, sorted, each once."""
        given = self.document.spans
        return None if given is None else sorted({(span.start, span.end) for span in given})


class Indexer:
    """Adds documents to a store.

    One batch after the other, for simplicity: writing one while encoding the next showed no clear
    gain on two cores, and was not compared in one run.

    Args:
        store: Where they go.
        model: Gives the model when the first document needs it.
        detector: Finds the mentions instead of the model's span head.
        batch_size: Documents written at once.
        detects: Whether the model finds mentions itself.
    """

    def __init__(
        self,
        store: ChromaStore,
        model: Callable[[], EntityModel],
        detector: Detector | None = None,
        batch_size: int = BATCH_SIZE,
        detects: bool = True,
    ) -> None:
        self.store = store
        self.model = model
        self.detector = detector
        self.batch_size = batch_size
        self.detects = detects

    def add(self, documents: Iterable[Document | Mapping[str, Any]], advance: Callable[[int], None]) -> AddReport:
        """Index documents; those that cannot be are reported and the others go in.

        Args:
            documents: What to index.
            advance: Called with the number of documents that a batch is done with.
        """
        report = AddReport()
        seen: dict[str, str] = {}
        stream = self._checked(enumerate(documents), seen, report)
        while batch := list(islice(stream, self.batch_size)):
            known = self.store.known([one.document.id for one in batch])
            different = [one for one in batch if _known_hash(known, one) != one.content_hash]
            changed = list({one.document.id: one for one in different}.values())
            encoded = self._encode(changed, report)
            if encoded:
                self.store.write([rows(one, found) for one, found in encoded])
            updated = sum(one.document.id in known for one, _ in encoded)
            report.unchanged += len(batch) - len(changed)
            report.updated += updated
            report.added += len(encoded) - updated
            report.mentions += sum(len(found.spans) for _, found in encoded)
            advance(len(batch))
        report.failed.sort(key=lambda failed: failed.position)
        return report

    def _checked(
        self,
        documents: Iterable[tuple[int, Document | Mapping[str, Any]]],
        seen: dict[str, str],
        report: AddReport,
    ) -> Iterator[Checked]:
        for position, given in documents:
            try:
                one = checked(position, given)
                if seen.setdefault(one.document.id, one.content_hash) != one.content_hash:
                    raise DocumentError(repeated(one.document.id))
            except DocumentError as error:
                report.failed.append(FailedDocument(id=id_of(given), position=position, reason=str(error)))
            else:
                yield one

    def _encode(self, changed: list[Checked], report: AddReport) -> list[tuple[Checked, EncodedDocument]]:
        encoded, failed = encode(changed, self.model, self.detector, self.detects)
        report.failed += failed
        return encoded


def checked(position: int, given: Document | Mapping[str, Any]) -> Checked:
    """Make a document of what was given, and check everything that can be checked without a model.

    Raises:
        DocumentError: It is no document, or one that cannot be indexed.
    """
    document = _as_document(given)
    check_document(document)
    return Checked(position, document, _content_hash(document))


def repeated(document_id: str) -> str:
    """Why a document is refused whose id came before with other content."""
    return (
        f"id {document_id!r} came earlier in this call with other content; the first was kept. "
        "Give each document an id of its own, or add the newer one in a call after."
    )


def encode(
    changed: list[Checked], model: Callable[[], EntityModel], detector: Detector | None, detects: bool
) -> tuple[list[tuple[Checked, EncodedDocument]], list[FailedDocument]]:
    """Find and embed mentions. A document with a span that has no vector is reported instead.

    Args:
        changed: What to encode.
        model: Gives the model when the first document needs it.
        detector: Finds the mentions instead of the model's span head.
        detects: Whether the model finds mentions itself.
    """
    failed: list[FailedDocument] = []
    if detector is None and not detects:
        for one in changed:
            if one.spans is None:
                failed.append(FailedDocument(id=one.document.id, position=one.position, reason=NO_DETECTOR))
        changed = [one for one in changed if one.spans is not None]
    if not changed:
        return [], failed
    texts = [one.document.text for one in changed]
    spans: list[list[tuple[int, int]] | None] = [one.spans for one in changed]
    if detector is not None:
        open_texts = [number for number, given in enumerate(spans) if given is None]
        detected = detector.detect([texts[number] for number in open_texts])
        for number, found in zip(open_texts, detected, strict=True):
            spans[number] = _usable(found, texts[number])
    kept = []
    for one, encoded in zip(changed, model().encode(texts, spans), strict=True):
        if encoded.unreadable and one.document.spans is not None:
            span = encoded.unreadable[0]
            reason = f"span [{span.start}, {span.end}) cannot be used: {span.reason}"
            failed.append(FailedDocument(id=one.document.id, position=one.position, reason=reason))
        else:
            kept.append((one, encoded))
    return kept, failed


def check_document(document: Document) -> None:
    """Check everything that can be checked without a model.

    Raises:
        DocumentError: Empty id or text, characters that are no Unicode text, spans outside the
            text, or metadata that cannot be kept.
    """
    if not document.id.strip():
        raise DocumentError("its id is empty; every document needs one of its own")
    if not document.text.strip():
        raise DocumentError("its text is empty")
    for name, value in (("id", document.id), ("text", document.text)):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise DocumentError(
                f"its {name} has a lone surrogate at character {error.start}, which is no Unicode text; "
                "decode the source again with errors='replace'"
            ) from error
    for span in document.spans or ():
        if not 0 <= span.start < span.end <= len(document.text):
            raise DocumentError(
                f"span [{span.start}, {span.end}) does not lie in its text of {len(document.text)} characters"
            )
    check_metadata(document.metadata)


def _as_document(given: Document | Mapping[str, Any]) -> Document:
    if isinstance(given, Document):
        return given
    try:
        return Document.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DocumentError(f"it is no document: {field or type(given).__name__}: {first['msg']}") from error


def id_of(given: Document | Mapping[str, Any]) -> str | None:
    """The id of what may be no document at all, or nothing."""
    if isinstance(given, Document):
        return given.id
    found = given.get("id") if isinstance(given, Mapping) else None
    return found if isinstance(found, str) else None


def _content_hash(document: Document) -> str:
    spans = None if document.spans is None else sorted({(span.start, span.end) for span in document.spans})
    metadata = json.dumps(document.metadata, sort_keys=True, ensure_ascii=True)
    content = json.dumps([document.text, spans, metadata], ensure_ascii=True)
    return hashlib.sha256(content.encode("ascii")).hexdigest()[:32]


def _known_hash(known: Mapping[str, tuple[str, int]], one: Checked) -> str | None:
    return known[one.document.id][0] if one.document.id in known else None


def _usable(spans: Iterable[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """Cut a detector's spans to the text: a foreign detector's off-by-one must not lose a document."""
    cut = {(max(0, start), min(len(text), end)) for start, end in spans}
    return sorted((start, end) for start, end in cut if start < end)


def rows(one: Checked, found: EncodedDocument) -> tuple[StoredDocument, MentionBlock]:
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
