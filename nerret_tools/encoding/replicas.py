"""Batches shared among copies of one backbone, each on a device of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from nerret_tools.encoding.backbone import CutBackbone

Batch = TypeVar("Batch")
Output = TypeVar("Output")


def run_batches(
    replicas: Sequence[CutBackbone], batches: Iterable[Batch], run: Callable[[Batch, CutBackbone], Output]
) -> Iterator[tuple[Batch, Output]]:
    """Run batches and give them back with their outputs, in order.

    A GPU is handed its next batch before the outputs of the last one are read, so that it does not
    wait for the reader.

    Args:
        replicas: With one, everything runs in the calling thread; with several, each has its own.
        batches: Taken one by one, never many more than there are replicas.
        run: Called with a batch and a replica that is free.
    """
    if len(replicas) == 1:
        ahead = 1 if replicas[0].device.type == "cuda" else 0
        done: deque[tuple[Batch, Output]] = deque()
        for batch in batches:
            done.append((batch, run(batch, replicas[0])))
            if len(done) > ahead:
                yield done.popleft()
        yield from done
        return
    idle: SimpleQueue[CutBackbone] = SimpleQueue()
    for replica in replicas:
        idle.put(replica)

    def run_on_idle(batch: Batch) -> Output:
        replica = idle.get()
        try:
            return run(batch, replica)
        finally:
            idle.put(replica)

    with ThreadPoolExecutor(len(replicas)) as threads:
        running: deque[tuple[Batch, Future[Output]]] = deque()
        for batch in batches:
            running.append((batch, threads.submit(run_on_idle, batch)))
            if len(running) > len(replicas):
                first, output = running.popleft()
                yield first, output.result()
        for first, output in running:
            yield first, output.result()
