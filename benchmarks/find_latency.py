"""Time and recall of ranking one type over many mentions, against Chroma's query on the same vectors.

    python benchmarks/find_latency.py --mentions 1000000 --chroma-mentions 100000

Ours is what `EntityIndex.find` does after encoding the type: the exact product over the memory-mapped scan
copy, the best mention of each document, the order, one page with its evidence. Chroma's is `collection.query`
for the 5,000 nearest mentions, ids and distances only, with its default graph; building that graph takes
minutes for each 100,000 vectors, so it may be given fewer, and ours is then also timed on just those. Recall
is of the 5,000 best mentions, against float64 brute force.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import chromadb
import numpy as np
from chromadb.config import Settings
from machine import processor

from nerret_tools.ranking import Scores, gather_evidence, rank_page
from nerret_tools.scan import QuantisedRows, Scan, ScanCopy, score_rows

DIMENSION = 256
CLUSTERS = 2_000
SPREAD = 1.0
"""Length of the noise around a cluster's centre, in centres' lengths: cosine 0.5 within, about 0 between."""
MENTIONS_PER_DOCUMENT = 2.5
BEST = 5_000
PAGE = 20
PORTION = 50_000


@dataclass
class Row:
    """One line of the table; times in milliseconds."""

    what: str
    mentions: int
    p50: float
    p95: float
    recall: float | None = None
    resident_mb: int | None = None


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scaled to length one, float32."""
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def clustered(count: int, seed: int) -> Iterator[np.ndarray]:
    """`count` unit vectors around the same centres for every seed, in portions."""
    centres = unit(np.random.default_rng(0).standard_normal((CLUSTERS, DIMENSION)))
    world = np.random.default_rng(seed)
    for first in range(0, count, PORTION):
        size = min(PORTION, count - first)
        noise = world.standard_normal((size, DIMENSION), dtype=np.float32) * (SPREAD / np.sqrt(DIMENSION))
        yield unit(centres[world.integers(0, CLUSTERS, size)] + noise)


def build_scan(folder: Path, mentions: int, seed: int) -> Scan:
    """The scan copy as an index would have it, mapped from its file."""
    copy = ScanCopy(folder, f"benchmark-{mentions}", DIMENSION)
    copy.reset()
    copy.generation = 1
    world = np.random.default_rng(seed)
    documents = 0
    for block in clustered(mentions, seed):
        cuts = np.flatnonzero(world.random(len(block) - 1) < 1 / MENTIONS_PER_DOCUMENT) + 1
        parts = np.split(block, cuts)
        copy.append([f"document-{documents + number:07}" for number in range(len(parts))], parts)
        documents += len(parts)
    copy.close()
    return copy.snapshot()


def timed(call: Callable[[np.ndarray], object], queries: np.ndarray) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds, after two calls that do not count."""
    for query in queries[:2]:
        call(query)
    seconds = []
    for query in queries:
        began = time.perf_counter()
        call(query)
        seconds.append(time.perf_counter() - began)
    return float(np.percentile(seconds, 50) * 1000), float(np.percentile(seconds, 95) * 1000)


def resident_mb() -> int:
    """Memory of this process, mapped pages that are in use included."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def exact_best(vectors: np.ndarray | QuantisedRows, query: np.ndarray) -> np.ndarray:
    """Rows of the `BEST` highest float64 products."""
    wide = query.astype(np.float64)
    scores = np.concatenate([vectors[at : at + PORTION] @ wide for at in range(0, len(vectors), PORTION)])
    return np.argsort(-scores, kind="stable")[:BEST]


def recall(found: np.ndarray, exact: np.ndarray) -> float:
    """The share of the exact ones that was found."""
    return len(np.intersect1d(found, exact)) / len(exact)


def measure_ours(scan: Scan, queries: np.ndarray) -> Iterator[Row]:
    """A page, a complete answer over a cut-off, the complete ranking."""
    mentions = len(scan.vectors)
    tops = [np.argsort(-score_rows(scan.vectors, query), kind="stable")[:BEST] for query in queries[:5]]
    share = [recall(top, exact_best(scan.vectors, query)) for top, query in zip(tops, queries, strict=False)]
    cut_off = float((scan.vectors[tops[0][-1]].astype(np.float64) * queries[0]).sum())

    def answer(limit: int | None, min_score: float | None) -> Callable[[np.ndarray], object]:
        def call(query: np.ndarray) -> object:
            scores = Scores(scan, query)
            page = rank_page(scores, scores.documents(min_score=min_score), limit=limit)
            return gather_evidence(scores, page.documents, min_score=min_score)

        return call

    yield Row("product only", mentions, *timed(lambda query: score_rows(scan.vectors, query), queries))
    p50, p95 = timed(answer(PAGE, None), queries)
    yield Row(f"page of {PAGE}", mentions, p50, p95, float(np.mean(share)), resident_mb())
    yield Row(f"all over the cut-off (about {BEST:,})", mentions, *timed(answer(None, cut_off), queries))
    yield Row("complete ranking", mentions, *timed(answer(None, None), queries[:5]))


def measure_chroma(vectors: np.ndarray, queries: np.ndarray, folder: Path) -> Iterator[Row]:
    """Chroma's query over the same vectors."""
    client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
    configuration = {"hnsw": {"space": "ip"}}
    collection = client.create_collection("mentions", configuration=configuration, embedding_function=None)
    for first in range(0, len(vectors), 5_000):
        block = vectors[first : first + 5_000]
        collection.add(ids=[str(first + number) for number in range(len(block))], embeddings=block)

    def query(vector: np.ndarray) -> np.ndarray:
        found = collection.query(query_embeddings=[vector], n_results=BEST, include=["distances"])
        return np.array(found["ids"][0], dtype=np.int64)

    share = [recall(query(vector), exact_best(vectors, vector)) for vector in queries[:5]]
    p50, p95 = timed(query, queries)
    yield Row(f"Chroma, {BEST:,} results", len(vectors), p50, p95, float(np.mean(share)))
    client.close()


def main() -> None:
    """Run, print a table, write JSON where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mentions", type=int, default=1_000_000)
    parser.add_argument("--chroma-mentions", type=int, help="default: as many as --mentions")
    parser.add_argument("--queries", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the rows there as well")
    options = parser.parse_args()
    smaller = min(options.chroma_mentions or options.mentions, options.mentions)
    queries = np.concatenate(list(clustered(options.queries, options.seed + 1)))

    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        scan = build_scan(Path(folder) / "all", options.mentions, options.seed)
        rows += measure_ours(scan, queries)
        if smaller < options.mentions:
            rows += measure_ours(build_scan(Path(folder) / "part", smaller, options.seed), queries)
        rows += measure_chroma(np.array(scan.vectors[:smaller]), queries, Path(folder) / "chroma")

    print(f"{processor()}; {DIMENSION} dimensions, {options.queries} queries, times in ms")
    print(f"{'':36}{'mentions':>11}{'p50':>9}{'p95':>9}{'recall@5000':>13}{'RSS MB':>8}")
    for row in rows:
        share = "" if row.recall is None else f"{row.recall:.4f}"
        print(f"{row.what:36}{row.mentions:>11,}{row.p50:>9.1f}{row.p95:>9.1f}{share:>13}{row.resident_mb or '':>8}")
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
