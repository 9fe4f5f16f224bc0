"""Indexing on Ray's workers against a single process, into one Chroma server, and whether both indexes are equal.

    python benchmarks/distributed_index.py LABELLED.jsonl [--limit N] [--workers N] [--json]

Each side runs in a process of its own, one after the other, into an index of its own on a server that this script
starts in a temporary folder. A thread beside it asks the server ten times a second how many documents it has.
The rate is that of all documents after the first written batch: loading the model, or starting Ray and its
workers, happens before, and is reported as the time to the first batch. The single process uses all cores; a
worker uses one. The comparison of the two indexes is of everything stored, and of the complete ranking for one type.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

SIDES = ("single", "ray")
TYPE = "airline"
START_SECONDS = 60


def main() -> None:
    """Parse the arguments; measure, or be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", type=Path, help="JSON lines with the fields `id` and `text`")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N documents")
    parser.add_argument("--workers", type=int, default=2, help="Ray's workers (default 2)")
    parser.add_argument("--batch-size", type=int, default=500, help="documents written at once (default 500)")
    parser.add_argument(
        "--precision",
        choices=("float32", "bfloat16"),
        default="float32",
        help="default float32, in which both indexes can be equal",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        print(json.dumps(run_side(arguments)))
        return
    with tempfile.TemporaryDirectory(prefix="nerret-benchmark-") as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        arguments.labelled = shortened(arguments.labelled, arguments.limit, Path(folder))
        with chroma(Path(folder, "server")) as url:
            sides = {side: measured(side, url, arguments) for side in SIDES}
            summary = {**sides, "compared": compared(url)}
    rates = [sides[side]["documents_per_second"] for side in SIDES]
    summary["ratio"] = rates[1] / rates[0] if all(rates) else None
    print(json.dumps(summary, indent=2) if arguments.json else as_text(summary))


def shortened(path: Path, limit: int | None, folder: Path) -> Path:
    """The first lines, in a file of their own."""
    if limit is None:
        return path
    with path.open(encoding="utf-8") as lines:
        chosen = [line for line, _ in zip(lines, range(limit), strict=False)]
    (folder / "documents.jsonl").write_text("".join(chosen), encoding="utf-8")
    return folder / "documents.jsonl"


@contextmanager
def chroma(folder: Path) -> Iterator[str]:
    """A server of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(START_SECONDS * 10):
            try:
                httpx.get(f"{url}/api/v2/heartbeat", timeout=5).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        else:
            raise SystemExit("chroma run does not answer")
        yield url
    finally:
        server.terminate()
        server.wait()


def run_side(arguments: argparse.Namespace) -> dict[str, Any]:
    """Index everything, in this process."""
    options = {"precision": arguments.precision}
    if arguments.side == "ray":
        from nerret_tools.distributed import index_dataset

        report = index_dataset(
            arguments.labelled,
            arguments.url,
            "ray",
            workers=arguments.workers,
            batch_size=arguments.batch_size,
            show_progress=False,
            **options,
        )
    else:
        from nerret_tools import EntityIndex
        from nerret_tools.reading import DocumentReader

        with EntityIndex.open(arguments.url, "single", **options) as index:
            report = index.add(
                DocumentReader([arguments.labelled]), batch_size=arguments.batch_size, show_progress=False
            )
    return {"added": report.added, "mentions": report.mentions, "failed": len(report.failed)}


def measured(side: str, url: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run one side and watch the server meanwhile."""
    seen: list[tuple[float, int]] = []
    done = threading.Event()
    watcher = threading.Thread(target=watch, args=(url, side, seen, done))
    started = time.perf_counter()
    watcher.start()
    command = [sys.executable, __file__, str(arguments.labelled), "--side", side, "--url", url]
    command += ["--workers", str(arguments.workers), "--batch-size", str(arguments.batch_size)]
    try:
        finished = subprocess.run([*command, "--precision", arguments.precision], stdout=subprocess.PIPE, check=True)
    finally:
        done.set()
        watcher.join()
    seconds = time.perf_counter() - started
    (first, there), (last, count) = seen[0], next(one for one in seen if one[1] == seen[-1][1])
    return {
        **json.loads(finished.stdout.splitlines()[-1]),
        "seconds": seconds,
        "seconds_to_first_batch": first - started,
        "documents_per_second": (count - there) / (last - first) if last > first else None,
    }


def watch(url: str, name: str, seen: list[tuple[float, int]], done: threading.Event) -> None:
    """Note times and documents from the first document on."""
    import chromadb
    from chromadb.config import Settings

    address = httpx.URL(url)
    client = chromadb.HttpClient(address.host, address.port or 8000, settings=Settings(anonymized_telemetry=False))
    while not done.wait(0.1):
        if any(one.name == f"{name}.documents" for one in client.list_collections()):
            count = client.get_collection(f"{name}.documents", embedding_function=None).count()
            if count:
                seen.append((time.perf_counter(), count))


def compared(url: str) -> dict[str, Any]:
    """Everything that the two indexes hold, side by side."""
    from nerret_tools import EntityIndex
    from nerret_tools.storage import ChromaStore

    contents = []
    for name in SIDES:
        store = ChromaStore.open(url, name, identity={}, dimension=500, create=False)
        ids = sorted(store.matching({}))
        documents = {one.id: one for one in store.documents(ids)}
        keys = [(name, number) for name, one in documents.items() for number in range(one.mention_count)]
        scan = store.scan()
        rows = {
            name: np.array(scan.vectors[scan.offsets[row] : scan.offsets[row + 1]])
            for row, name in enumerate(scan.document_ids)
            if scan.live[row]
        }
        contents.append((documents, store.mentions(keys), rows))
        store.close()
    (documents, mentions, rows), (others, other_mentions, other_rows) = contents
    same_shape = rows.keys() == other_rows.keys() and all(rows[name].shape == other_rows[name].shape for name in rows)
    rankings = []
    for name in SIDES:
        with EntityIndex.open(url, name, create=False) as index:
            rankings.append([hit.document_id for hit in index.find(TYPE, min_relevance=0).hits])
    return {
        "documents": len(documents),
        "same_documents": documents == others,
        "mentions": len(mentions),
        "same_mentions": mentions == other_mentions,
        "largest_difference_of_vectors": (
            max((float(abs(rows[name] - other_rows[name]).max()) for name in rows), default=0.0) if same_shape else None
        ),
        "same_ranking": rankings[0] == rankings[1],
    }


def as_text(summary: dict[str, Any]) -> str:
    """The summary for people."""
    lines = []
    for side in SIDES:
        one = summary[side]
        rate = one["documents_per_second"]
        lines.append(
            f"{side:8}{'too short' if rate is None else format(rate, '9.0f')} documents/s, {one['added']} documents, "
            f"{one['mentions']} mentions, first batch after {one['seconds_to_first_batch']:.1f} s, "
            f"{one['seconds']:.1f} s in all"
        )
    if summary["ratio"] is not None:
        lines.append(f"ratio   {summary['ratio']:9.2f}")
    return "\n".join([*lines, *(f"{key.replace('_', ' ')}: {value}" for key, value in summary["compared"].items())])


if __name__ == "__main__":
    main()
