"""The encoder actor: batches of records in, batches of outcomes out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from nerret_tools.detection import Detector
from nerret_tools.distributed.batches import Outcome, from_table, to_table
from nerret_tools.errors import DocumentError, NerretError
from nerret_tools.indexing import Checked, checked, encode, rows
from nerret_tools.models import ModelSpec
from nerret_tools.models.identity import open_store
from nerret_tools.reading.problems import ReadProblem
from nerret_tools.reading.records import Fields, Record, to_document

__all__ = ["EncoderSettings", "RecordEncoder"]


@dataclass(frozen=True)
class EncoderSettings:
    """What an encoder needs to know.

    Attributes:
        url: The Chroma server, where what is there already is looked up.
        name: Of the index.
        spec: The model.
        fields: Which field of a record holds what.
        detector: Finds the mentions instead of the model's span head.
        backbone: Folder of the backbone's files, on the worker's machine.
        precision: The index's.
        device: Of the worker.
    """

    url: str
    name: str
    spec: ModelSpec
    fields: Fields
    detector: Detector | None
    backbone: str | Path | None
    precision: str
    device: str


class RecordEncoder:
    """Checks, compares with what is stored, finds mentions, embeds them.

    Made once in every worker process; the store is opened to read only. An error of this package is an outcome too,
    which the writer raises: of what is raised here, Ray hands on the text alone.
    """

    def __init__(self, settings: EncoderSettings) -> None:
        self.settings = settings
        self._failure: NerretError | None = None
        try:
            self._start()  # before the first batch, so that the pool counts this worker once it can work
        except NerretError as error:
            self._failure = error

    def __call__(self, table: pa.Table) -> pa.Table:
        """Encode the batches of a table, see `batches`."""
        if self._failure is not None:
            return to_table([[self._failure]])
        try:
            return to_table([self._encode(batch) for batch in from_table(table)])
        except NerretError as error:
            return to_table([[error]])

    def _start(self) -> None:
        from nerret_tools.models.entity_model import load_model

        settings = self.settings
        detector = None if settings.detector is None else settings.detector.name
        self.store = open_store(settings.url, settings.name, settings.spec, detector=detector)
        self.load = partial(load_model, settings.spec, settings.backbone, settings.precision, settings.device)
        self.load()

    def _encode(self, batch: list[Record | ReadProblem]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        to_encode: list[Checked] = []
        passed: list[Checked] = []
        for position, record in enumerate(batch):
            outcome, one = self._check(position, record)
            outcomes.append(outcome)
            if one is not None:
                passed.append(one)
        known = self.store.known([one.document.id for one in passed])
        for one in passed:
            found = known.get(one.document.id)
            outcomes[one.position] = Outcome(
                batch[one.position].origin, one.document.id, one.content_hash, known=found is not None
            )
            if found is None or found[0] != one.content_hash:
                to_encode.append(one)
        settings = self.settings
        encoded, failed = encode(to_encode, self.load, settings.detector, settings.spec.has_span_head)
        for one, found_mentions in encoded:
            before = outcomes[one.position]
            outcomes[one.position] = Outcome(
                before.origin, one.document.id, one.content_hash, known=before.known, rows=rows(one, found_mentions)
            )
        for failure in failed:
            before = outcomes[failure.position]
            outcomes[failure.position] = Outcome(
                before.origin, failure.id, before.content_hash, failure.reason, known=before.known
            )
        return outcomes

    def _check(self, position: int, record: Record | ReadProblem) -> tuple[Outcome, Checked | None]:
        item = to_document(record, self.settings.fields) if isinstance(record, Record) else record
        if isinstance(item, ReadProblem):
            return Outcome(record.origin, reason=item.reason, unread=True), None
        try:
            one = checked(position, item)
        except DocumentError as error:
            return Outcome(record.origin, item.id, reason=str(error)), None
        return Outcome(record.origin, item.id, one.content_hash), one
