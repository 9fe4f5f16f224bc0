"""Does archetype agreement help to rank documents? R-Precision with a share of it added to the cosine.

    python benchmarks/archetype_ranking.py LABELLED.jsonl TYPES.json [--documents N] [--json]

Gold spans, so that detection plays no part; a document's score is its best mention's
``cosine + weight × log agreement``. Macro over the types, with the Wilcoxon signed-rank test
against weight 0. For choosing the weight: run it on development data.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from nerret_tools.archetypes.retrieval import ArchetypeLens
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.models import find_spec
from nerret_tools.models.entity_model import load_model

WEIGHTS = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)


def main() -> None:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", type=Path)
    parser.add_argument("types", type=Path, help="JSON object, label → description")
    parser.add_argument("--documents", type=int, metavar="N", help="the first N documents")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    rows = measure(arguments.labelled, arguments.types, arguments.documents)
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print(f"weight {row['weight']:<6} R-Precision {row['r_precision']:.4f}  p against weight 0: {row['p']}")


def measure(labelled: Path, types: Path, limit: int | None) -> list[dict[str, float | None]]:
    """R-Precision of each weight."""
    from scipy.stats import wilcoxon

    data = read_labelled(labelled, types, limit_documents=limit)
    spec = find_spec("minilm")
    model, lens = load_model(spec), ArchetypeLens.load(spec)
    if lens is None:
        sys.exit(f"model {spec.name} has no archetype head")
    spans = [[(span.start, span.end) for span in document.gold_spans()] for document in data.documents]
    encoded = model.encode([document.text for document in data.documents], spans)
    embeddings = np.concatenate([one.embeddings for one in encoded])
    owners = np.repeat(np.arange(len(encoded)), [len(one.spans) for one in encoded])
    results = np.zeros((len(WEIGHTS), len(data.types)))
    for column, (label, description) in enumerate(data.types.items()):
        query = model.encode_types([description])[0]
        cosines, agreement = embeddings @ query, lens.agreement(embeddings, query)
        relevant = np.array([document.id in data.relevant[label] for document in data.documents])
        for row, weight in enumerate(WEIGHTS):
            best = np.full(len(encoded), -np.inf)
            np.maximum.at(best, owners, cosines + weight * agreement)
            results[row, column] = relevant[np.argsort(-best, kind="stable")[: relevant.sum()]].mean()
    return [
        {
            "weight": weight,
            "r_precision": round(float(result.mean()), 4),
            "p": None if (result == results[0]).all() else round(float(wilcoxon(result, results[0]).pvalue), 3),
        }
        for weight, result in zip(WEIGHTS, results, strict=True)
    ]


if __name__ == "__main__":
    main()
