"""Does the adapted model encode as fast as the frozen one? Sentences a second of both, in turns.

    python benchmarks/encoding_speed.py LABELLED.jsonl [--sentences 2000] [--rounds 5] [--json]

The shipped model (adapter merged, context head) against the same one without both: blocks as published, no
context. Detection, reading and projection are done by both; each round times one after the other.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import replace
from pathlib import Path

from machine import processor

from nerret_tools.lab.evaluation.labelled import read_documents
from nerret_tools.models import find_spec
from nerret_tools.models.entity_model import EntityModel
from nerret_tools.models.model import Model


def main() -> None:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", type=Path)
    parser.add_argument("--sentences", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    texts = [document.text for document in read_documents(arguments.labelled)[: arguments.sentences]]
    spec = find_spec("minilm")
    alone = spec.dimension - spec.context_dimension
    frozen = Model(replace(spec, adapted=False, dimension=alone, context_dimension=0, context_weight=0.0)).load()
    adapted = Model(spec).load()
    seconds(adapted, texts[:64]), seconds(frozen, texts[:64])  # the first pass allocates
    rounds = [(seconds(frozen, texts), seconds(adapted, texts)) for _ in range(arguments.rounds)]
    ratio = statistics.median(before / after for before, after in rounds)
    rates = [len(texts) / statistics.median(column) for column in zip(*rounds, strict=True)]
    if arguments.json:
        print(
            json.dumps(
                {"machine": processor(), "frozen": rates[0], "adapted": rates[1], "ratio": ratio, "rounds": rounds}
            )
        )
        return
    print(processor())
    print(f"frozen {rates[0]:.0f} sentences/s, adapted {rates[1]:.0f}; ratio, median of the rounds: {ratio:.2f}")


def seconds(model: EntityModel, texts: list[str]) -> float:
    """Detect and embed once."""
    started = time.perf_counter()
    model.encode(texts, [None] * len(texts))
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
