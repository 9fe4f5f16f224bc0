r"""What 10 million to a billion mentions would take, from figures that the other benchmarks measured.

    python benchmarks/scan_int8.py --json scan.json
    python benchmarks/remote_scan.py --json remote.json
    python benchmarks/scale_plan.py --scan scan.json --remote remote.json \
        --documents-per-second 187 --mentions-per-document 3.8       # as benchmarks/index_throughput.py printed them

Everything is arithmetic: a measured figure times the number of mentions. What was not measured is an option, its
default is printed as an assumption, and `--help` says where it comes from.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SIZES = (1e6, 1e7, 1e8, 1e9)

BLOCK_FLOP = {"minilm": 14.2e6, "llama-3.1-8b": 7.42e9}
"""A token through the blocks that are run: two operations a weight. MiniLM: 4 blocks of 1.77 million weights;
Llama 3.1 8B: 17 of 32 blocks and one projection. Attention between tokens comes on top; it is small for sentences."""


@dataclass(frozen=True)
class Measured:
    """Figures of one machine.

    Attributes:
        mentions_per_document: Detected.
        documents_per_second: Detect, encode and store, one process.
        scan_core_seconds: Processor time of a page, a million mentions.
        scan_gigabytes: Read by that scan.
        store_gigabytes: On the server's disk, a million mentions.
        store_seconds: To write a million mentions to it, by one client.
        pull_seconds: For a new client's copy, a million mentions.
        pull_gigabytes: Over the network.
        cores: Of the machine that all this was measured on.
    """

    mentions_per_document: float
    documents_per_second: float
    scan_core_seconds: float
    scan_gigabytes: float
    store_gigabytes: float
    store_seconds: float
    pull_seconds: float
    pull_gigabytes: float
    cores: int

    @classmethod
    def read(cls, options: argparse.Namespace) -> Measured:
        """From the options, and what the benchmarks wrote."""
        scanning, pulling = (json.loads(path.read_text(encoding="utf-8")) for path in (options.scan, options.remote))
        million, first = scanning["mentions"] / 1e6, pulling["rows"][0]
        sizes = scanning["megabytes"]
        return cls(
            mentions_per_document=options.mentions_per_document,
            documents_per_second=options.documents_per_second,
            scan_core_seconds=scanning["int8"]["page_core_ms"] / 1000 / million,
            scan_gigabytes=(sizes[".i8"] + sizes[".scales"]) / 1000 / million,
            store_gigabytes=pulling["server_bytes"] / pulling["mentions"] / 1000,
            store_seconds=pulling["write_seconds"] / pulling["mentions"] * 1e6,
            pull_seconds=first["seconds"] / pulling["mentions"] * 1e6,
            pull_gigabytes=first["megabytes"] / pulling["mentions"] * 1000,
            cores=scanning["cores"],
        )


def indexing(measured: Measured, options: argparse.Namespace) -> dict[str, list[float]]:
    """Hours of encoding and storing, by row."""
    rows = {}
    documents = [size / measured.mentions_per_document for size in SIZES]
    rows[f"index on {measured.cores} cores, minilm, measured rate (hours)"] = [
        count / measured.documents_per_second / 3600 for count in documents
    ]
    useful = options.gpu_tflops * 1e12 * options.gpu_share
    for model, flop in BLOCK_FLOP.items():
        rows[f"blocks of {model} on one GPU, by arithmetic (hours)"] = [
            count * options.tokens * flop / useful / 3600 for count in documents
        ]
    return rows


def keeping(measured: Measured) -> dict[str, list[float]]:
    """Sizes, and the first copy of a client, by row."""
    millions = [size / 1e6 for size in SIZES]
    return {
        "write to one Chroma server (hours)": [count * measured.store_seconds / 3600 for count in millions],
        "Chroma's folder (GB)": [count * measured.store_gigabytes for count in millions],
        "scan (GB of memory)": [count * measured.scan_gigabytes for count in millions],
        "first copy of a client, over the network (GB)": [count * measured.pull_gigabytes for count in millions],
        "first copy of a client (hours)": [count * measured.pull_seconds / 3600 for count in millions],
    }


def searching(measured: Measured, options: argparse.Namespace) -> dict[str, list[float]]:
    """Seconds of a page and numbers of machines, by row."""
    millions = [size / 1e6 for size in SIZES]
    return {
        f"page of 20, one machine of {options.cores} cores (seconds)": [
            count * measured.scan_core_seconds / options.cores for count in millions
        ],
        "machines for an exact scan": [machines(measured, options, count) for count in millions],
    }


def shard_millions(measured: Measured, options: argparse.Namespace) -> tuple[float, float]:
    """The most that one machine scans: by its memory, and by the time for an answer, in millions of mentions."""
    by_memory = options.ram_gb / measured.scan_gigabytes
    by_time = options.latency / (measured.scan_core_seconds / options.cores)
    return by_memory, by_time


def machines(measured: Measured, options: argparse.Namespace, millions: float) -> int:
    """Machines for one query at a time."""
    return math.ceil(millions / min(shard_millions(measured, options)))


def database_machines(options: argparse.Namespace, millions: float) -> int:
    """Machines that hold vectors and graph of an approximate index in memory."""
    return math.ceil(millions * graph_gigabytes(options) / options.ram_gb)


def graph_gigabytes(options: argparse.Namespace) -> float:
    """A million vectors in float32 with twice `neighbors` links of four bytes, as hnswlib keeps them."""
    return (options.dimension * 4 + 2 * options.neighbors * 4) / 1000


def break_evens(measured: Measured, options: argparse.Namespace) -> list[str]:
    """Where one way becomes cheaper than another."""
    memory, time = shard_millions(measured, options)
    core_seconds = measured.scan_core_seconds
    rate = measured.scan_gigabytes / core_seconds * options.cores
    per_second = graph_gigabytes(options) / options.ram_gb * options.cores / core_seconds
    lines = [
        f"one machine, exact: up to {min(memory, time):,.0f} million mentions "
        f"({memory:,.0f} by {options.ram_gb:g} GB of memory, {time:,.0f} by {options.latency:g} s for an answer)",
        f"  {options.cores} cores then read {rate:.0f} GB/s from memory",
        f"sharded exact scan against an approximate index in memory: {per_second:.1f} queries/s, at any size; "
        f"a query costs {core_seconds:.2f} core-seconds a million mentions here, "
        f"the index {graph_gigabytes(options):.2f} GB a million there",
    ]
    for millions in (size / 1e6 for size in SIZES[1:]):
        exact = machines(measured, options, millions)
        lines.append(
            f"  {millions:,.0f} million: {exact} machines for the exact scan, "
            f"{database_machines(options, millions)} for the approximate index"
        )
    return lines


def table(rows: dict[str, list[float]]) -> str:
    """As Markdown."""
    head = ["", *(f"{size / 1e6:,.0f} M" for size in SIZES)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, values in rows.items():
        cells = (f"{value:,.3g}" if value < 100 else f"{value:,.0f}" for value in values)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Read, multiply, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scan", type=Path, required=True, help="what scan_int8.py wrote")
    parser.add_argument("--remote", type=Path, required=True, help="what remote_scan.py wrote")
    parser.add_argument("--documents-per-second", type=float, required=True, help="of index_throughput.py")
    parser.add_argument("--mentions-per-document", type=float, required=True, help="its vectors by its documents")
    assumptions = parser.add_argument_group("assumptions")
    assumptions.add_argument("--tokens", type=float, default=32, help="a document; a sentence of Few-NERD has about 32")
    assumptions.add_argument("--gpu-tflops", type=float, default=312, help="dense bfloat16; an A100's data sheet: 312")
    assumptions.add_argument("--gpu-share", type=float, default=0.4, help="of it that is reached; not measured")
    assumptions.add_argument("--ram-gb", type=float, default=64, help="of a machine, for the scan")
    assumptions.add_argument("--cores", type=int, default=16, help="of a machine; the scan is taken to use them evenly")
    assumptions.add_argument("--latency", type=float, default=1.0, help="seconds that an answer may take")
    assumptions.add_argument("--neighbors", type=int, default=16, help="of the approximate index; Chroma's default")
    assumptions.add_argument("--dimension", type=int, default=256)
    options = parser.parse_args()
    measured = Measured.read(options)
    given: list[tuple[str, Any]] = [(name, getattr(options, name)) for name in ("tokens", "gpu_tflops", "gpu_share")]
    given += [(name, getattr(options, name)) for name in ("ram_gb", "cores", "latency", "neighbors", "dimension")]

    print("measured:", measured)
    print("assumed:", ", ".join(f"{name}={value:g}" for name, value in given))
    print("\n" + table(indexing(measured, options) | keeping(measured) | searching(measured, options)) + "\n")
    print("\n".join(break_evens(measured, options)))


if __name__ == "__main__":
    main()
