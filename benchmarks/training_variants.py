"""Which training gives the better small model? Variants of it, trained alike and judged on development data.

    python benchmarks/training_variants.py --data DATA [--steps 400] [--only projection|adapter] [--json]

``DATA`` is the folder of the shipped recipe's files. Every variant is trained without some branches of
WordNet and without Few-NERD's development types, and judged by R-Precision, macro over types, on both:

- "Few-NERD dev": the first 5,000 development sentences, gold spans, the document's best mention;
- "held-back nouns": the categories of the branches as types, over all their nouns and as many others,
  each in a small sentence.

The shipped model was trained longer and on all branches; these runs are for comparing with each other.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nerret_tools.encoding.encoder import TextEncoder
from nerret_tools.encoding.projection import Projection
from nerret_tools.lab.evaluation.labelled import LabelledData, read_documents, read_labelled
from nerret_tools.lab.training.adapter import train_adapter
from nerret_tools.lab.training.examples import LabelledExamples, MarkedSentence, MinedExamples, TaxonomyExamples
from nerret_tools.lab.training.mentions import CARRIERS, labelled_mentions, taxonomy_mentions
from nerret_tools.lab.training.mining import mine_types
from nerret_tools.lab.training.projection import train_projection
from nerret_tools.lab.training.recipe import Recipe, read_recipe
from nerret_tools.lab.training.taxonomy import Taxonomy, hold_back, read_wordnet
from nerret_tools.models import find_spec
from nerret_tools.models.encoders import load_encoder
from nerret_tools.models.spec import PROJECTION_FILE, RECIPE_FILE

BRANCHES = ["bird", "musical instrument", "garment", "beverage", "aircraft", "religion", "writer", "chemical element"]
SENTENCES = 5000
LEAST = 8  # nouns of a held-back category that is asked for


@dataclass(frozen=True)
class HeldBack:
    """Nouns in small sentences, and the categories that are asked for."""

    texts: list[str]
    spans: list[list[tuple[int, int]]]
    queries: list[str]
    members: list[np.ndarray]


@dataclass(frozen=True)
class World:
    """What all variants share."""

    recipe: Recipe
    taxonomy: Taxonomy
    labelled: list[LabelledData]
    sentences: list[MarkedSentence]
    development: LabelledData
    held_back: HeldBack


def main() -> None:
    """Parse the arguments, train and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=400, help="of the adapters; projections: as the recipe says")
    parser.add_argument("--only", choices=["projection", "adapter"])
    parser.add_argument("--sentences", type=int, default=SENTENCES, help="of the development set")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    world = gather(arguments.data, arguments.sentences)
    rows = []
    if arguments.only != "adapter":
        rows += projections(world)
    if arguments.only != "projection":
        rows += adapters(world, arguments.steps)
    if arguments.json:
        print(json.dumps({"branches": BRANCHES, "held_back_types": len(world.held_back.queries), "rows": rows}))
        return
    print(f"{'variant':58} {'Few-NERD dev':>12} {'held-back nouns':>15} {'minutes':>7}")
    for row in rows:
        print(f"{row['variant']:58} {row['dev']:12.3f} {row['held_back']:15.3f} {row['minutes']:7.1f}")


def gather(data: Path, sentences: int) -> World:
    """Read the data and take the branches out."""
    recipe = read_recipe(find_spec("minilm").weights / RECIPE_FILE)
    part = recipe.adapter
    assert part is not None
    whole = read_wordnet(data / part.taxonomy)
    taxonomy, taken = hold_back(whole, BRANCHES)
    labelled = [read_labelled(data / source.path, data / source.types) for source in part.labelled]
    more = [read_documents(data / source.path) for source in part.texts]
    marked = [
        MarkedSentence(document.text, [(span.start, span.end) for span in document.gold_spans()])
        for documents in [*(one.documents for one in labelled), *more]
        for document in documents
    ]
    source = recipe.calibration.labelled
    development = read_labelled(data / source.path, data / source.types, limit_documents=sentences)
    return World(recipe, taxonomy, labelled, marked, development, nouns(whole, taken))


def nouns(taxonomy: Taxonomy, taken: Sequence[int]) -> HeldBack:
    """The held-back categories over their nouns and as many others."""
    generator = random.Random(0)
    inside = sorted({int(member) for number in taken for member in taxonomy.members[number]})
    others = sorted(set(range(len(taxonomy.synsets))).difference(inside, (taxonomy.types[n] for n in taken)))
    chosen = [*inside, *generator.sample(others, len(inside))]
    place = {synset: row for row, synset in enumerate(chosen)}
    texts, spans = [], []
    for synset in chosen:
        before, after = generator.choice(CARRIERS).split("{}")
        noun = generator.choice(taxonomy.synsets[synset].lemmas)
        texts.append(before + noun + after)
        spans.append([(len(before), len(before) + len(noun))])
    asked = [number for number in taken if len(taxonomy.members[number]) >= LEAST]
    return HeldBack(
        texts,
        spans,
        [taxonomy.synsets[taxonomy.types[number]].lemmas[0] for number in asked],
        [np.array([place[int(member)] for member in taxonomy.members[number]]) for number in asked],
    )


def projections(world: World) -> list[dict[str, Any]]:
    """Losses over the frozen backbone."""
    encoder = load_encoder(find_spec("minilm"), adapted=False)
    base = world.recipe.projection
    taxonomy = taxonomy_mentions(encoder, world.taxonomy, base.seed)
    labelled = labelled_mentions(encoder, world.labelled)
    variants: dict[str, dict[str, Any]] = {
        "InfoNCE, temperature 0.1": {},
        "InfoNCE, temperature 0.05": {"temperature": 0.05},
        "triplets, margin 0.2, one negative in ten by BM25": {"loss": "triplet"},
        "triplets, margin 0.5, one negative in ten by BM25": {"loss": "triplet", "margin": 0.5},
        "triplets, margin 0.2, random negatives": {"loss": "triplet", "hard_share": 0.0},
    }
    rows = []
    for name, changes in variants.items():
        started = time.monotonic()
        trained = train_projection(taxonomy, labelled, base.model_copy(update=changes))
        rows.append(judged(f"frozen, {name}", world, encoder, trained, started))
    return rows


def adapters(world: World, steps: int) -> list[dict[str, Any]]:
    """A low-rank adapter against whole matrices, everything else alike."""
    part = world.recipe.adapter
    assert part is not None
    mined = mine_types((sentence.text for sentence in world.sentences), world.taxonomy)
    variants: dict[str, dict[str, Any]] = {
        f"adapter of rank {part.rank}, rate 5e-4": {},
        "whole matrices, rate 1e-4": {"rank": None, "learning_rate": 1e-4},
    }
    rows = []
    for name, changes in variants.items():
        recipe = part.model_copy(update={"steps": steps, **changes})
        labelled = LabelledExamples(
            world.labelled, recipe.sentences, recipe.wordings, recipe.groups, recipe.noise, recipe.seed
        )
        taxonomy = TaxonomyExamples(world.taxonomy, world.sentences, recipe.types, recipe.seed)
        from_mining = MinedExamples(mined, world.sentences, world.taxonomy, recipe.mined, recipe.noise, recipe.seed)
        draws = [labelled.draw, taxonomy.draw, from_mining.draw, taxonomy.draw]
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            plain = load_encoder(find_spec("minilm"), precision="float32", device="cpu", adapted=False)
            train_adapter(plain, draws, [], recipe, world.recipe.spans, out)
            encoder = load_encoder(replace(find_spec("minilm"), weights=out))
            trained = Projection.load(out / PROJECTION_FILE)
        rows.append(judged(f"{name}, {steps} steps", world, encoder, trained, started))
    return rows


def judged(name: str, world: World, encoder: TextEncoder, projection: Projection, started: float) -> dict[str, Any]:
    """Both figures of a trained model."""
    minutes = (time.monotonic() - started) / 60

    @torch.inference_mode()
    def embed(vectors: np.ndarray) -> np.ndarray:
        embedded: np.ndarray = projection(torch.from_numpy(vectors)).numpy()
        return embedded

    data = world.development
    spans = [[(span.start, span.end) for span in document.gold_spans()] for document in data.documents]
    encoded = encoder.encode([document.text for document in data.documents], spans)
    mentions = embed(np.concatenate([one.vectors for one in encoded]))
    owners = np.repeat(np.arange(len(encoded)), [len(one.spans) for one in encoded])
    types = embed(encoder.encode_types(list(data.types.values())))
    precisions = []
    for query, label in zip(types, data.types, strict=True):
        best = np.full(len(encoded), -np.inf, dtype=np.float32)
        np.maximum.at(best, owners, mentions @ query)
        relevant = np.array([document.id in data.relevant[label] for document in data.documents])
        precisions.append(r_precision(best, np.flatnonzero(relevant)))
    held = world.held_back
    encoded = encoder.encode(held.texts, held.spans)
    scores = embed(np.concatenate([one.vectors for one in encoded])) @ embed(encoder.encode_types(held.queries)).T
    found = [r_precision(column, members) for column, members in zip(scores.T, held.members, strict=True)]
    row = {"variant": name, "dev": float(np.mean(precisions)), "held_back": float(np.mean(found)), "minutes": minutes}
    logging.info("%s", row)
    return row


def r_precision(scores: np.ndarray, relevant: np.ndarray) -> float:
    """Of scores ``[n]`` and the positions of what is relevant."""
    first = np.argsort(-scores, kind="stable")[: len(relevant)]
    return float(np.isin(first, relevant).mean())


if __name__ == "__main__":
    main()
