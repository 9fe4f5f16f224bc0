"""Products in float32 and in int8 over the same mentions: time, memory, and whether they answer the same.

    python benchmarks/scan_int8.py --mentions 1000000

Writes a scan copy of clustered vectors, then ranks types over it in two fresh processes, one for each number format,
as `EntityIndex.find` does after encoding the type. Recall is of the best 1,000 documents against float64 brute force;
"raw" is what the int8 products alone would give, without the rescoring that follows them. Memory is that of the
process after all queries: private, and mapped from files, which the system takes back where it is short of it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
import timeit
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from find_latency import DIMENSION, build_scan, clustered, timed
from machine import processor

from nerret_tools.ranking import Scores, gather_evidence, rank_page
from nerret_tools.scan import SCORE_DECIMALS, Scan, ScanCopy, score_rows, score_scan

SIDES = ("float32", "int8")
PAGE = 20
BEST = 1_000
CHECKED = 3
"""Queries whose ranking is compared with brute force."""
COMPARED = 6
"""Queries whose answers in both formats are compared."""
BLOCK = 20_000
TRUTH = "truth-{}.json"
"""What brute force found for so many queries, in the folder of the scan copy."""


def answer(scan: Scan, query: np.ndarray, limit: int | None, min_score: float | None = None) -> list[list[object]]:
    """A page with its evidence, as JSON values."""
    scores = Scores(scan, query)
    page = rank_page(scores, scores.documents(min_score=min_score), limit=limit)
    evidence = gather_evidence(scores, page.documents, min_score=min_score)
    found = (evidence.rows, evidence.scores, evidence.offsets, evidence.counts, page.scores)
    return [page.document_ids, *(values.tolist() for values in found)]


def brute_force(scan: Scan, queries: np.ndarray) -> dict[str, list[list[object]]]:
    """The best documents, and the best rows, by float64 products."""
    wide = queries.astype(np.float64)
    starts = range(0, len(scan.vectors), BLOCK)
    scores = np.concatenate([scan.vectors[first : first + BLOCK] @ wide.T for first in starts]).T
    best = np.round(np.maximum.reduceat(scores, scan.offsets[:-1], axis=1), SCORE_DECIMALS)
    names = scan.document_ids.astype(str)
    return {
        "documents": [names[np.lexsort((names, -row))[:BEST]].tolist() for row in best],
        "rows": [np.argsort(-row, kind="stable")[:BEST].tolist() for row in scores],
    }


def recall(scan: Scan, queries: np.ndarray, truth: dict[str, list[list[object]]]) -> dict[str, float]:
    """Shares of the best documents, and of the best rows by the approximate products alone."""
    documents, rows = [], []
    for query, best, there in zip(queries, truth["documents"], truth["rows"], strict=False):
        documents.append(len(set(best) & set(answer(scan, query, BEST)[0])) / BEST)
        found = np.argsort(-score_scan(scan, query[None])[0], kind="stable")[:BEST]
        rows.append(len(np.intersect1d(found, there)) / BEST)
    return {"recall": float(np.mean(documents)), "raw_recall": float(np.mean(rows))}


def memory() -> dict[str, int]:
    """Megabytes of this process."""
    with open("/proc/self/status", encoding="ascii") as status:
        kept = dict(line.split(":", 1) for line in status)
    return {
        "private_mb": int(kept["RssAnon"].split()[0]) // 1024,
        "mapped_mb": int(kept["RssFile"].split()[0]) // 1024,
    }


def run_side(side: str, folder: Path, mentions: int, queries: np.ndarray, cut_off: float) -> dict[str, object]:
    """Open the copy in this process and ask everything of it."""
    began = time.perf_counter()
    copy = ScanCopy(folder, f"benchmark-{mentions}", DIMENSION)
    scan = copy.snapshot(quantised=side == "int8")
    opened = time.perf_counter() - began
    copy.save()
    figures: dict[str, object] = {"side": side, "open_seconds": opened}
    before = memory()
    figures["product"] = timed(lambda query: score_scan(scan, query[None]), queries)
    busy = time.process_time()
    figures["page"] = timed(lambda query: answer(scan, query, PAGE), queries)
    figures["page_core_ms"] = (time.process_time() - busy) * 1000 / (len(queries) + 2)
    figures["over"] = timed(lambda query: answer(scan, query, None, cut_off), queries)
    figures.update(memory(), private_before_mb=before["private_mb"])
    busy = time.process_time()
    figures["complete"] = timed(lambda query: rank_page(Scores(scan, query)), queries[:3])
    figures["complete_core_ms"] = (time.process_time() - busy) * 1000 / 5
    few = queries[:COMPARED]
    figures["answers"] = [[answer(scan, query, PAGE), answer(scan, query, None, cut_off)] for query in few]
    figures.update(
        recall(scan, queries[:CHECKED], json.loads((folder / TRUTH.format(len(queries))).read_text(encoding="utf-8")))
    )
    copy.close()
    return figures


def kernels(rows: int) -> None:
    """Print what the products of one query with random codes take in libraries that have one, best of five."""
    world = np.random.default_rng(0)
    codes, query = (world.integers(-127, 128, (count, DIMENSION)).astype(np.int8) for count in (rows, 1))
    exact = codes[:1000].astype(np.int64) @ query[0].astype(np.int64)
    vectors, wide = codes.astype(np.float32), query.astype(np.float32)

    def with_torch() -> np.ndarray:
        import torch

        scales = torch.ones(rows, dtype=torch.bfloat16)
        given = torch.from_numpy(query.astype(np.float32)).bfloat16()
        return torch._weight_int8pack_mm(given, torch.from_numpy(codes), scales).float().numpy()

    def cdist(name: str) -> np.ndarray:
        library, found = importlib.import_module(name), np.empty(rows)

        def block(first: int) -> None:
            found[first : first + 16_384] = np.asarray(
                library.cdist(codes[first : first + 16_384], query, metric="dot")
            ).ravel()

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            list(pool.map(block, range(0, rows, 16_384)))
        return found

    ways = {
        "simsimd": lambda: cdist("simsimd"),
        "numkong": lambda: cdist("numkong"),
        "torch, private function": with_torch,
        "NumPy, float32": lambda: score_rows(vectors, wide),
    }
    print(f"{rows:,} rows of {DIMENSION} codes, one query, {os.cpu_count()} cores")
    for name, way in ways.items():
        try:
            right = np.array_equal(np.ravel(way())[:1000], exact)
        except ImportError as error:
            print(f"{name:28}{error}")
            continue
        taken = min(timeit.repeat(way, number=1, repeat=5)) * 1000
        print(f"{name:28}{taken:10.1f} ms{'' if right else ', rounded'}")


def main() -> None:
    """Build, run both, print a table; or be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mentions", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=30)
    parser.add_argument("--cut-off", type=float, default=0.12, help="of the second kind of query, a cosine")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help="for the scan copy, which is used again where it is there")
    parser.add_argument("--kernels", type=int, help="only measure products of so many rows in several libraries")
    options = parser.parse_args()
    if options.kernels:
        kernels(options.kernels)
        return
    queries = np.concatenate(list(clustered(options.queries, 2)))
    if options.side:
        print(json.dumps(run_side(options.side, options.folder, options.mentions, queries, options.cut_off)))
        return

    runs = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = str(options.folder or temporary)
        if not list(Path(folder).glob("*.i8")):
            build_scan(Path(folder), options.mentions, 1)
        known = Path(folder) / TRUTH.format(options.queries)
        if not known.exists():
            copy = ScanCopy(Path(folder), f"benchmark-{options.mentions}", DIMENSION)
            truth = brute_force(copy.snapshot(), queries[:CHECKED])
            known.write_text(json.dumps(truth), encoding="utf-8")
            copy.close()
        for side in SIDES:
            command = [sys.executable, __file__, "--side", side, "--folder", folder]
            command += ["--mentions", str(options.mentions), "--queries", str(options.queries)]
            command += ["--cut-off", str(options.cut_off)]
            finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            runs[side] = json.loads(finished.stdout)
        sizes = {path.suffix: path.stat().st_size / 1e6 for path in Path(folder).iterdir()}
    given = [runs[side].pop("answers") for side in SIDES]
    same = given[0] == given[1]
    over = np.mean([len(two[1][0]) for two in given[0]])

    print(f"{processor()}; {options.mentions:,} mentions of {DIMENSION} dimensions, {options.queries} queries")
    print(f"files: {sizes['.i8'] + sizes['.scales']:,.0f} MB")
    print(f"same documents, scores and evidence in {2 * len(given[0])} answers: {'yes' if same else 'NO'}")
    print(f"{'times in ms, p50 / p95':44}{'float32':>18}{'int8':>18}")
    names = {
        "product": "product only",
        "page": f"page of {PAGE}",
        "over": f"all over the cut-off (about {over:,.0f})",
        "complete": "complete ranking",
    }
    for key, name in names.items():
        cells = "".join(f"{f'{runs[side][key][0]:,.0f} / {runs[side][key][1]:,.0f}':>18}" for side in SIDES)
        print(f"{name:44}{cells}")
    for key in (
        "page_core_ms",
        "complete_core_ms",
        "open_seconds",
        "mapped_mb",
        "private_mb",
        "private_before_mb",
        "recall",
        "raw_recall",
    ):
        form = ",.0f" if key.endswith(("_mb", "_ms")) else ".4f" if "recall" in key else ".2f"
        print(f"{key.replace('_', ' '):44}" + "".join(f"{format(runs[side][key], form):>18}" for side in SIDES))
    if options.json:
        summary = {"mentions": options.mentions, "cores": os.cpu_count(), "same": same, "megabytes": sizes, **runs}
        options.json.write_text(json.dumps(summary, indent=2) + "\n")
    if not same:
        raise SystemExit("float32 and int8 did not answer the same")


if __name__ == "__main__":
    main()
