"""From a dataset to an index on a Chroma server: read, encode on many workers, write."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import ray
import ray.data
from ray.data import ActorPoolStrategy, DataContext, ExecutionResources
from ray.exceptions import RayError

from nerret_tools.account import Account, Outcome
from nerret_tools.detection import Detector
from nerret_tools.distributed.batches import BATCH_RECORDS, from_table
from nerret_tools.distributed.cluster import connected
from nerret_tools.distributed.encoder import EncoderSettings, RecordEncoder
from nerret_tools.distributed.sources import find_sources, from_rows
from nerret_tools.documents import AddReport
from nerret_tools.errors import ClusterError, FilterError, InputError, NerretError
from nerret_tools.indexing import BATCH_SIZE, PART_CHARACTERS
from nerret_tools.models import Model, ModelSpec, find_spec
from nerret_tools.models.identity import open_store
from nerret_tools.progress import counting
from nerret_tools.reading.records import Reading
from nerret_tools.storage.place import is_server

WAITING_BYTES = 128 * 2**20
"""Of the object store, for encoded batches that wait to be written: about 60 batches of sentences."""


def index_dataset(
    dataset: ray.data.Dataset | str | Path | Sequence[str | Path],
    url: str,
    name: str = "default",
    model: str | Path | ModelSpec = "minilm",
    create: bool = True,
    detector: Detector | None = None,
    *,
    workers: int | tuple[int, int] | None = None,
    gpus_per_worker: float = 0,
    cpus_per_worker: float = 1,
    reading: Reading | None = None,
    backbone: str | Path | None = None,
    precision: str | None = None,
    batch_size: int = BATCH_SIZE,
    waiting_bytes: int = WAITING_BYTES,
    show_progress: bool | None = None,
) -> AddReport:
    """Index a dataset with Ray: encoded by many workers, stored on a Chroma server by this process.

    The index is the one that `EntityIndex.add` would have made of the same documents. Killed at any
    moment, the same call again completes the work; what was stored is not encoded again. One such
    call at a time for an index.

    Ray is used as it is where the caller has called ``ray.init``; else the cluster of ``RAY_ADDRESS``
    is joined, or one started on this machine.

    Args:
        dataset: Paths of JSON lines, CSV, Parquet, .txt and .md files, of folders of those, and of
            datasets that Hugging Face's ``save_to_disk`` wrote, which every machine must see under the
            same path; or a Ray dataset with a row a document.
        url: ``http://host:port`` of the Chroma server, as the workers see it too.
        name: Of the index.
        model: See `EntityIndex.open`; its weights must be on every machine.
        create: Whether to make the index where there is none.
        detector: Finds the mentions instead of the model's span head; it is pickled to the workers.
        workers: How many encode: a number, or the least and the most of a pool that grows with the
            work. ``None``: from one to as many as the cluster can hold.
        gpus_per_worker: GPUs of each worker; 0 encodes on the CPU.
        cpus_per_worker: CPUs of each worker.
        reading: Which fields or columns hold id and text, and so on; the fields beside both become metadata.
        backbone: Folder with the backbone's files, on every machine; see `EntityIndex.open`.
        precision: See `EntityIndex.open`; asked of a worker's machine where the index is new.
        batch_size: Documents written at once; a worker is given as many, 512 at most.
        waiting_bytes: How many bytes of encoded batches may wait for a slow store before the workers pause.
        show_progress: ``None`` shows progress on a terminal only.

    Returns:
        What was done, as from `EntityIndex.add`. ``position`` counts all records of the input, those
        that could not be read too, and ``source`` and ``line`` say where each was read.

    Raises:
        DataFileError: A path cannot be read at all, or the dataset has no such columns.
        InputError: ``url`` is a folder and not the address of a Chroma server.
        StoreError: The server does not answer or went away; what was stored stays.
        ModelError: The model cannot be loaded, or the index was made with another one.
        ClusterError: The Ray cluster cannot be used, or has lost the workers for good.
    """
    if batch_size < 1:
        raise FilterError(f"batch_size {batch_size} is not positive")
    if not is_server(url):
        raise InputError(
            f"workers on several machines cannot share the folder {url}; serve it with "
            f"`chroma run --path {url}` and give its address, http://host:port"
        )
    least, most = _pool(workers)
    given = reading or Reading()
    rows = dataset if isinstance(dataset, ray.data.Dataset) else None
    read: Callable[[int], ray.data.Dataset]
    if isinstance(dataset, ray.data.Dataset):
        read = partial(from_rows, dataset, given)
    else:
        read = partial(find_sources([dataset] if isinstance(dataset, (str, Path)) else dataset, given).dataset, given)
    pool = _Pool(least, most, gpus_per_worker, cpus_per_worker)
    asked = Model(find_spec(model), backbone, precision, pool.device)
    with connected(None if most is None else math.ceil(most * cpus_per_worker)):
        store = open_store(
            url,
            name,
            asked.spec,
            detector=None if detector is None else detector.name,
            create=create,
            precision=lambda: pool.number_format(asked),
        )
        try:
            kept = replace(asked, precision=precision or str(store.identity["precision"]))
            settings = EncoderSettings(url, name, kept, given, detector)
            account = Account(store, batch_size)
            with counting(show_progress) as advance, _plain_errors(), _data_settings(rows, waiting_bytes):
                for outcomes in _outcomes(pool.encoded(read(min(batch_size, BATCH_RECORDS)), settings)):
                    account.take(outcomes)
                    advance(len(outcomes))
                account.flush()
            return account.report
        finally:
            store.close()


@dataclass(frozen=True)
class _Pool:
    """How many workers encode, at least and at most, and what each of them has."""

    least: int
    most: int | None
    gpus: float
    cpus: float

    @property
    def device(self) -> str:
        return ",".join(f"cuda:{number}" for number in range(math.ceil(self.gpus))) or "cpu"

    def encoded(self, records: ray.data.Dataset, settings: EncoderSettings) -> ray.data.Dataset:
        """The pipeline, lazy: batches of records in, batches of outcomes out, in order."""
        return records.map_batches(
            RecordEncoder,
            fn_constructor_args=(settings,),
            batch_size=1,
            batch_format="pyarrow",
            compute=ActorPoolStrategy(min_size=self.least, max_size=self.most),
            num_cpus=self.cpus,
            num_gpus=self.gpus or None,
        )

    def number_format(self, model: Model) -> str:
        """What a new index records; other machines may have other processors, so one of them is asked."""
        if model.precision is not None or (not self.gpus and len(ray.nodes()) == 1):
            return model.number_format()
        task = ray.remote(num_cpus=self.cpus, num_gpus=self.gpus)(Model.number_format)
        with _plain_errors():
            return str(ray.get(task.remote(model)))


def _outcomes(encoded: ray.data.Dataset) -> Iterator[list[Outcome]]:
    """Batches as the workers send them; an error of this package in one of them is raised here."""
    tables = iter(encoded.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=1))
    try:
        for table in tables:
            for outcomes in from_table(table):
                if isinstance(outcomes[0], NerretError):
                    raise outcomes[0]
                yield outcomes
    finally:
        if isinstance(tables, Generator):
            tables.close()  # the workers end now, and not when the traceback of an error is forgotten


@contextmanager
def _data_settings(dataset: ray.data.Dataset | None, waiting_bytes: int) -> Iterator[None]:
    """Ray Data's settings while this runs; what is made of a user's dataset shares that one's."""
    context = DataContext.get_current().copy() if dataset is None else dataset.context
    options = context.copy().execution_options
    options.preserve_order = True
    options.resource_limits = ExecutionResources(object_store_memory=waiting_bytes)
    ours = {
        "enable_progress_bars": False,
        "print_on_execution_start": False,
        "execution_options": options,
        # A block is what a worker is given at once, and what is done again when it dies: one batch where the
        # reading is ours, since no row can be cut; a few where it is the user's, whose own should not get so small.
        "target_max_block_size": 1 if dataset is None else PART_CHARACTERS,
    }
    before = {name: getattr(context, name) for name in ours}
    try:
        for name, value in ours.items():
            setattr(context, name, value)
        with DataContext.current(context):
            yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)


def _pool(workers: int | tuple[int, int] | None) -> tuple[int, int | None]:
    if workers is None:
        return 1, None
    least, most = (workers, workers) if isinstance(workers, int) else workers
    if not 1 <= least <= most:
        raise FilterError(f"workers {workers} is not a positive number, or a pair of them in order")
    return least, most


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Ray wraps what a worker raised; callers get this package's own errors."""
    try:
        yield
    except RayError as error:
        raise _plain(error) from error


def _plain(error: RayError) -> NerretError:
    inner: Any = error
    while inner is not None:
        if isinstance(inner, NerretError):
            return inner
        inner = getattr(inner, "cause", None) or inner.__cause__
    return ClusterError(f"the workers failed for good: {str(error)[:2000]}; what was stored stays")
