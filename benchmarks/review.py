"""How many documents must be judged until a recall is certified, and how often the certificate is right.

    python benchmarks/review.py LABELLED [LABELLED …] [--reviews 1000] [--rankings FOLDER] [--json]

Each LABELLED is a file of labelled documents with its ``types.json`` beside it. All types of all files are reviewed
in turn, each time with another seed, by a judge who is always right. Beside the review that `EntityIndex.review`
does: reading everything, and the plain rule (draw by chance from the whole collection until r relevant documents are
drawn, then read by relevance until all of them are read; r is the least with target^r <= 1 - confidence), also with
all but one of them (r is the least with which that is as sure). ``--rankings`` keeps the rankings for the next time.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nerret_tools import Document, EntityIndex
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.evaluation.simulated_review import simulate

READ, PLAIN, BUT_ONE, REVIEW = "everything", "plain rule", "plain rule, all but one", "review"


@dataclass
class Task:
    """A type over a collection: documents the best by relevance first, those without a mention last."""

    name: str
    relevant: np.ndarray  # [documents] bool
    relevances: np.ndarray  # [documents], falling


def main() -> None:
    """Parse the arguments, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", type=Path, nargs="+")
    parser.add_argument("--reviews", type=int, default=1000, metavar="N")
    parser.add_argument("--target-recall", type=float, default=0.9, metavar="SHARE")
    parser.add_argument("--confidence", type=float, default=0.95, metavar="SHARE")
    parser.add_argument("--rankings", type=Path, metavar="FOLDER")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    tasks = [task for file in arguments.labelled for task in rankings(file, arguments.rankings)]
    found = compare(tasks, arguments.reviews, arguments.target_recall, arguments.confidence)
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    print(
        f"{arguments.reviews} reviews of {len(tasks)} types, target {arguments.target_recall}, {arguments.confidence}"
    )
    print(f"{'':26} right  judged: median  mean  share of all: median  mean  recall: median")
    for name, row in found.items():
        print(
            f"{name:26} {row['right']:5.3f} {row['median judged']:15,.0f} {row['mean judged']:6,.0f} "
            f"{row['median share']:21.3f} {row['mean share']:5.3f} {row['median recall']:15.3f}"
        )


def rankings(file: Path, kept: Path | None) -> list[Task]:
    """Index a file, spans as detected, and rank its documents for each of its types."""
    place = None if kept is None else kept / f"{file.parent.name}-{file.stem}.npz"
    if place is None or not place.exists():
        data = read_labelled(file, file.with_name("types.json"))
        with tempfile.TemporaryDirectory() as folder, EntityIndex.open(folder) as index:
            index.add((Document(id=one.id, text=one.text) for one in data.documents), show_progress=False)
            ranked = index.rank_many(list(data.types.values()))
            every = index.ids()
        arrays = {}
        for label, ranking in zip(data.types, ranked, strict=True):
            order = ranking.ids + sorted(set(every).difference(ranking.ids))
            arrays[f"relevant {label}"] = np.array([one in data.relevant[label] for one in order])
            arrays[f"relevances {label}"] = np.pad(ranking.relevances, (0, len(order) - len(ranking.ids)))
        if place is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(place, **arrays)
    else:
        with np.load(place) as saved:
            arrays = dict(saved)
    labels = [name.removeprefix("relevant ") for name in arrays if name.startswith("relevant ")]
    source = f"{file.parent.name}/{file.stem}"
    return [Task(f"{source} {one}", arrays[f"relevant {one}"], arrays[f"relevances {one}"]) for one in labels]


def compare(tasks: list[Task], reviews: int, target: float, confidence: float) -> dict[str, dict[str, float]]:
    """Judged documents and true recall of each way, over all reviews."""
    results: dict[str, list[tuple[int, int, float]]] = {READ: [], PLAIN: [], BUT_ONE: [], REVIEW: []}
    for number in range(reviews):
        task, count = tasks[number % len(tasks)], len(tasks[number % len(tasks)].relevant)
        seed = number // len(tasks)
        results[READ].append((count, count, 1.0))
        for name, spared in ((PLAIN, 0), (BUT_ONE, 1)):
            judged, recall = plain_rule(task.relevant, target, confidence, spared, seed)
            results[name].append((judged, count, recall))
        one = simulate(task.relevant, task.relevances, target_recall=target, confidence=confidence, seed=seed)
        results[REVIEW].append((one.judged, count, one.recall))
    return {name: summary(np.array(rows), target) for name, rows in results.items()}


def plain_rule(relevant: np.ndarray, target: float, confidence: float, spared: int, seed: int) -> tuple[int, float]:
    """Judged documents and recall where one reads until all drawn relevant documents but so many are read."""
    needed = next(r for r in range(1, 10_000) if _too_shallow(r, target, spared) <= 1 - confidence)
    count, total = len(relevant), int(relevant.sum())
    order = np.random.default_rng(seed).permutation(count)
    drawn = np.flatnonzero(np.cumsum(relevant[order]) >= needed)
    if not len(drawn):
        return count, 1.0
    sample = order[: drawn[0] + 1]
    depth = np.sort(sample[relevant[sample]])[-1 - spared] + 1
    judged = np.zeros(count, dtype=bool)
    judged[sample] = True
    judged[:depth] = True
    return int(judged.sum()), float(relevant[judged].sum() / total)


def _too_shallow(drawn: int, target: float, spared: int) -> float:
    """The probability that so few of the drawn relevant documents lie behind the first `target` of all."""
    return sum(math.comb(drawn, k) * (1 - target) ** k * target ** (drawn - k) for k in range(spared + 1))


def summary(rows: np.ndarray, target: float) -> dict[str, float]:
    """Of judged, documents and recall, ``[reviews, 3]``."""
    judged, documents, recall = rows.T
    return {
        "right": float((recall >= target - 1e-12).mean()),
        "median judged": float(np.median(judged)),
        "mean judged": float(judged.mean()),
        "median share": float(np.median(judged / documents)),
        "mean share": float((judged / documents).mean()),
        "median recall": float(np.median(recall)),
    }


if __name__ == "__main__":
    main()
