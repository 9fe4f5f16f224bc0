"""The encoder actor: batches of records in, batches of outcomes out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyarrow as pa

from nerret_tools.account import Outcome
from nerret_tools.detection import Detector
from nerret_tools.distributed.batches import from_table, to_table
from nerret_tools.documents import Document
from nerret_tools.errors import NerretError
from nerret_tools.indexing import DocumentEncoder
from nerret_tools.models import Model
from nerret_tools.models.identity import open_store
from nerret_tools.reading.problems import ReadProblem
from nerret_tools.reading.records import Reading, Record, to_document


@dataclass(frozen=True)
class EncoderSettings:
    """What an encoder needs to know."""

    url: str  # the Chroma server, where what is there already is looked up
    name: str  # of the index
    model: Model  # the model, as it runs on the worker's machine and in the index's precision
    reading: Reading  # how documents are made of records
    detector: Detector | None  # finds the mentions instead of the model's span head


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
        settings = self.settings
        detector = None if settings.detector is None else settings.detector.name
        store = open_store(settings.url, settings.name, settings.model.spec, detector=detector)
        self.encoder = DocumentEncoder(store, settings.model, settings.detector)
        settings.model.load()

    def _encode(self, batch: list[Record | ReadProblem]) -> list[Outcome]:
        read = [to_document(one, self.settings.reading) if isinstance(one, Record) else one for one in batch]
        encoded = iter(self.encoder.outcomes([one for one in read if isinstance(one, Document)]))
        outcomes = (Outcome(reason=one.reason) if isinstance(one, ReadProblem) else next(encoded) for one in read)
        return [
            replace(outcome, source=record.origin.source, line=record.origin.line)
            for outcome, record in zip(outcomes, batch, strict=True)
        ]
