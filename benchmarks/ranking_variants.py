"""What ranks better than the best mention's cosine with the type? Variants, judged on development data.

    python benchmarks/ranking_variants.py LABELLED.jsonl TYPES.json --nouns data.noun [--documents N] [--json]

Detected mentions. R-Precision, macro over the types: over all documents, and where all but ten relevant
documents of a type are taken out (five draws), because what helps a type with hundreds of documents may
drown one with ten. For choosing: run it on development data.

- context: the weight of the context's cosine beside the mention's;
- words: BM25 of the type's words in the text, added with a weight;
- second mention: the document's second-best mention, added with a weight;
- background: minus the mention's mean cosine with the nearest of many other types;
- feedback: the type's embedding moved towards its best mentions, each counting by its relevance or a
  power of it, and ranked again; what ships is one of these (nerret_tools/ranking/feedback.py).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nerret_tools.lab.evaluation.baselines.bm25 import score_words
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.training.taxonomy import read_wordnet
from nerret_tools.models import Calibration, find_spec
from nerret_tools.models.entity_model import load_model
from nerret_tools.models.spec import CALIBRATION_FILE
from nerret_tools.ranking import feed_back
from nerret_tools.storage import Scan

NEAREST = 100  # other types that are a mention's background
RARE = 10  # relevant documents of a type that is made rare
DRAWS = 5
FEEDBACKS = [(20, 20, 1), (100, 100, 1), (200, 200, 1), (200, 100, 2), (200, 50, 2), (1000, 100, 2), (1000, 100, 3)]


@dataclass(frozen=True)
class Corpus:
    """Mentions of a document stand together, one document after the other.

    Attributes:
        mentions: Embeddings ``[m, d]``.
        owners: Document of each, ``[m]``.
        background: Mean cosine with the nearest other types, ``[m]``.
        words: Each query's BM25 scores, ``[q, n]``.
        queries: Embeddings of types ``[q, d]``.
        relevant: ``[q, n]`` bool.
    """

    mentions: np.ndarray
    owners: np.ndarray
    background: np.ndarray
    words: np.ndarray
    queries: np.ndarray
    relevant: np.ndarray

    def without(self, query: int, dropped: np.ndarray) -> Corpus:
        """This query's corpus where some documents have no mentions left."""
        kept = ~np.isin(self.owners, dropped)
        relevant = self.relevant[query].copy()
        relevant[dropped] = False
        return Corpus(
            self.mentions[kept],
            self.owners[kept],
            self.background[kept],
            self.words[[query]],
            self.queries[[query]],
            relevant[None],
        )


Score = Callable[[Corpus, int], np.ndarray]  # scores of all documents


def main() -> None:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", type=Path)
    parser.add_argument("types", type=Path, help="JSON object, label → description")
    parser.add_argument("--nouns", type=Path, required=True, help="WordNet's data.noun: its categories are background")
    parser.add_argument("--documents", type=int, metavar="N", help="the first N documents")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    corpus = read(arguments.labelled, arguments.types, arguments.nouns, arguments.documents)
    rows = [
        {"variant": name, "r_precision": all_documents(corpus, score), "rare": rare(corpus, score)}
        for name, score in variants().items()
    ]
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'variant':66} {'R-Precision':>11} {'ten relevant':>12}")
    for row in rows:
        print(f"{row['variant']:66} {row['r_precision']:11.4f} {row['rare']:12.4f}")


def read(labelled: Path, types: Path, nouns: Path, limit: int | None) -> Corpus:
    """Encode everything once."""
    data = read_labelled(labelled, types, limit_documents=limit)
    model = load_model(find_spec("minilm"))
    texts = [document.text for document in data.documents]
    encoded = model.encode(texts, [None] * len(texts))
    mentions = np.concatenate([one.embeddings for one in encoded])
    taxonomy = read_wordnet(nouns)
    others = model.encode_types([taxonomy.synsets[kind].lemmas[0] for kind in taxonomy.types])
    background = np.concatenate(
        [
            np.partition(part @ others.T, -NEAREST, axis=1)[:, -NEAREST:].mean(axis=1)
            for part in np.array_split(mentions, 1 + len(mentions) // 5000)
        ]
    )
    descriptions = list(data.types.values())
    return Corpus(
        mentions,
        np.repeat(np.arange(len(encoded)), [len(one.spans) for one in encoded]),
        background,
        np.stack(list(score_words(texts, descriptions))),
        model.encode_types(descriptions),
        np.array([[document.id in data.relevant[label] for document in data.documents] for label in data.types]),
    )


def variants() -> dict[str, Score]:
    """All scores, the plain one first."""
    spec = find_spec("minilm")
    curve = Calibration.load(spec.weights / CALIBRATION_FILE)
    size = spec.context_dimension

    def best(corpus: Corpus, scores: np.ndarray) -> np.ndarray:
        found = np.full(corpus.relevant.shape[1], -9.0)
        np.maximum.at(found, corpus.owners, scores)
        return found

    def plain(corpus: Corpus, query: int) -> np.ndarray:
        return best(corpus, corpus.mentions @ corpus.queries[query])

    def context(weight: float) -> Score:
        def score(corpus: Corpus, query: int) -> np.ndarray:
            parts = [(slice(0, -size), 1 - weight), (slice(-size, None), weight)]
            total = np.zeros(len(corpus.mentions))
            for columns, share in parts:
                own, other = corpus.mentions[:, columns], corpus.queries[query, columns]
                total += share * (own @ other) / (np.linalg.norm(own, axis=1) * np.linalg.norm(other))
            return best(corpus, total)

        return score

    def words(weight: float) -> Score:
        return lambda corpus, query: plain(corpus, query) + weight * corpus.words[query]

    def second(weight: float) -> Score:
        def score(corpus: Corpus, query: int) -> np.ndarray:
            scores = corpus.mentions @ corpus.queries[query]
            first = best(corpus, scores)
            order = np.lexsort((-scores, corpus.owners))
            owners, scores = corpus.owners[order], scores[order]
            again = np.flatnonzero((owners[1:] == owners[:-1]) & (np.append(-1, owners[:-2]) != owners[1:])) + 1
            next_best = np.zeros(len(first))
            next_best[owners[again]] = np.maximum(scores[again], 0)
            return first + weight * next_best

        return score

    def background(weight: float) -> Score:
        return lambda corpus, query: best(corpus, corpus.mentions @ corpus.queries[query] - weight * corpus.background)

    def feedback(count: int, type_counts: float, power: float) -> Score:
        def relevance(scores: np.ndarray) -> np.ndarray:
            return curve.relevance(scores) ** (power / 2)  # it is squared there

        def score(corpus: Corpus, query: int) -> np.ndarray:
            own = corpus.queries[query]
            holders, starts = np.unique(corpus.owners, return_index=True)
            ids = holders.astype(str).astype(object)
            scan = Scan(corpus.mentions, ids, np.append(starts, len(corpus.mentions)), np.ones(len(ids), bool), 0)
            parts = [slice(0, -size), slice(-size, None)]
            scores = corpus.mentions @ own
            moved = feed_back(scan, own, scores, relevance, parts, nearest=count, type_counts=type_counts)
            return best(corpus, corpus.mentions @ moved)

        return score

    found: dict[str, Score] = {"the best mention's cosine": plain}
    found |= {f"context, weight {weight}": context(weight) for weight in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)}
    found |= {f"words, weight {weight}": words(weight) for weight in (0.005, 0.01, 0.02)}
    found |= {f"second mention, weight {weight}": second(weight) for weight in (0.05, 0.1, 0.2)}
    found |= {f"background, weight {weight}": background(weight) for weight in (0.1, 0.25, 0.5)}
    for count, type_counts, power in FEEDBACKS:
        name = f"feedback of {count}, the type counting {type_counts}, relevance to the power of {power}"
        found[name] = feedback(count, type_counts, power)
    return found


def all_documents(corpus: Corpus, score: Score) -> float:
    """R-Precision, macro."""
    return float(np.mean([r_precision(score(corpus, query), found) for query, found in enumerate(corpus.relevant)]))


def rare(corpus: Corpus, score: Score) -> float:
    """The same where each type has ten relevant documents left."""
    generator = np.random.default_rng(0)
    values = []
    for query, found in enumerate(corpus.relevant):
        relevant = np.flatnonzero(found)
        for _ in range(DRAWS):
            kept = generator.choice(relevant, min(RARE, len(relevant)), replace=False)
            smaller = corpus.without(query, np.setdiff1d(relevant, kept))
            values.append(r_precision(score(smaller, 0), smaller.relevant[0]))
    return float(np.mean(values))


def r_precision(scores: np.ndarray, relevant: np.ndarray) -> float:
    """Of scores ``[n]`` and what is relevant ``[n]``."""
    first = np.argsort(-scores, kind="stable")[: relevant.sum()]
    return float(relevant[first].mean())


if __name__ == "__main__":
    main()
