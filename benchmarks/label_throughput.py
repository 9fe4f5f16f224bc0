"""How fast entities are extracted, with 10, 100 and 1,000 types.

    python benchmarks/label_throughput.py TEXTS.jsonl WORDNET/data.noun [--documents N] [--json]

`EntityExtractor.extract` on the field `text` of JSON lines, with the N largest WordNet categories as
types, name and definition. Each schema is embedded once before the clock starts and its time is
reported beside: an application keeps its schema. Sentences a second, median of the rounds; the peer in
the same run is encoding the same texts as an index does, which finds and embeds mentions but types none.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import islice
from pathlib import Path
from statistics import median

from machine import processor

from nerret_tools import EntityExtractor
from nerret_tools.archetypes.extractor import BATCH_SIZE
from nerret_tools.lab.training.taxonomy import read_wordnet
from nerret_tools.models import find_spec
from nerret_tools.models.model import Model

TYPE_COUNTS = (1, 10, 100, 1000)


def main() -> None:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, help="JSON lines with a field `text`")
    parser.add_argument("nouns", type=Path, help="WordNet's data.noun, for the types")
    parser.add_argument("--documents", type=int, default=500, metavar="N", help="the first N texts (default 500)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with arguments.texts.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in islice(lines, arguments.documents)]
    rows = measure(texts, largest_types(arguments.nouns, max(TYPE_COUNTS)), arguments.rounds)
    if arguments.json:
        print(json.dumps({"machine": processor(), "documents": len(texts), "rows": rows}, indent=2))
        return
    print(processor())
    for row in rows:
        print(
            f"{row['types']:5} types: {row['texts_per_second']:7.1f} texts/s, "
            f"{row['of_encoding_alone']:.2f} of encoding alone, {row['mentions']} mentions, "
            f"schema embedded in {row['schema_seconds']:.2f} s"
        )


def largest_types(nouns: Path, count: int) -> dict[str, str]:
    """Names and definitions of the categories with the most members; of two with one name the larger."""
    taxonomy = read_wordnet(nouns)
    order = sorted(range(len(taxonomy.types)), key=lambda position: -len(taxonomy.members[position]))
    types: dict[str, str] = {}
    for position in order:
        synset = taxonomy.synsets[taxonomy.types[position]]
        name = synset.lemmas[0]
        if synset.definition and name.casefold() not in {known.casefold() for known in types}:
            types[name] = f"a {synset.definition}"
        if len(types) == count:
            break
    return types


def measure(texts: list[str], types: dict[str, str], rounds: int) -> list[dict[str, float]]:
    """Time each number of types."""
    extractor, model = EntityExtractor.load(), Model(find_spec("minilm")).load()
    extractor.extract(texts[:8], ["warm-up"])
    encoding = []
    for _ in range(rounds):
        started = time.perf_counter()
        for first in range(0, len(texts), BATCH_SIZE):
            batch = texts[first : first + BATCH_SIZE]
            model.encode(batch, [None] * len(batch))
        encoding.append(time.perf_counter() - started)
    rows = []
    for count in TYPE_COUNTS:
        schema = dict(islice(types.items(), count))
        started = time.perf_counter()
        extractor.extract(["Paris ."], schema)
        schema_seconds = time.perf_counter() - started
        seconds, mentions = [], 0
        for _ in range(rounds):
            started = time.perf_counter()
            mentions = sum(map(len, extractor.extract(texts, schema)))
            seconds.append(time.perf_counter() - started)
        rows.append(
            {
                "types": len(schema),
                "texts_per_second": round(len(texts) / median(seconds), 1),
                "of_encoding_alone": round(median(encoding) / median(seconds), 3),
                "mentions": mentions,
                "schema_seconds": round(schema_seconds, 3),
            }
        )
    return rows


if __name__ == "__main__":
    main()
