"""How fast entities are listed, and how many of those that are there are listed.

    python benchmarks/entities.py speed [--mentions N] [--json]
    python benchmarks/entities.py recall LABELLED TYPES.json [--documents N] [--json]
    python benchmarks/entities.py typed PASSAGES… [--types N] [--json]

``speed``: an index of made-up names in which every mention is over the cut-off; seconds of the first list, which
reads the names from the store and puts them together, and of the next one, which does neither. ``recall``: an
index of labelled documents, spans as detected; of each type, the marked entities (put together in the same
way) that are listed by one of their names, with the model's own cut-off. ``typed``: the same with the held-back tenth
of passages whose mentions have free-text types, and their N most frequent types; a type counts where it is listed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from nerret_tools import Document, EntityIndex
from nerret_tools.entities.grouping import Occurrences, group_names
from nerret_tools.entities.listing import EntityLister
from nerret_tools.entities.names import name_key
from nerret_tools.entities.surfaces import Surfaces
from nerret_tools.lab.evaluation.labelled import LabelledData, LabelledDocument, LabelledEntity, read_labelled
from nerret_tools.lab.training.typed import is_held_back
from nerret_tools.ranking import Limits, Scores, Search
from nerret_tools.scan import score_scan
from nerret_tools.storage import ChromaStore, MentionBlock, StoredDocument

DIMENSION = 8
MENTIONS = 4  # a document
BATCH = 1000  # documents


def main() -> None:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    speed = commands.add_parser("speed")
    speed.add_argument("--mentions", type=int, default=100_000, metavar="N")
    recall = commands.add_parser("recall")
    recall.add_argument("labelled", type=Path)
    recall.add_argument("types", type=Path)
    recall.add_argument("--documents", type=int, metavar="N", help="the first N documents")
    passages = commands.add_parser("typed")
    passages.add_argument("passages", type=Path, nargs="+")
    passages.add_argument("--types", type=int, default=20, metavar="N", help="default 20")
    for command in (speed, recall, passages):
        command.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    if arguments.what == "speed":
        found: dict[str, object] = dict(measure_speed(arguments.mentions))
    elif arguments.what == "typed":
        found = measure_recall(read_passages(arguments.passages, arguments.types))
    else:
        found = measure_recall(read_labelled(arguments.labelled, arguments.types, limit_documents=arguments.documents))
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        print(f"{name:38} {value}")


def measure_speed(count: int) -> dict[str, float]:
    """Seconds of a list with ``count`` mentions over the cut-off."""
    generator = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        store = ChromaStore.open(folder, identity={}, dimension=DIMENSION)
        documents = [_made_up(number, generator) for number in range(count // MENTIONS)]
        for first in range(0, len(documents), BATCH):
            store.write(documents[first : first + BATCH])
        scan = store.scan()
        query = scan.vectors[np.arange(1)]
        lister = EntityLister(store, None, Surfaces(store))
        seconds = []
        for _ in range(3):
            started, worked = time.perf_counter(), time.process_time()
            scores = Scores(scan, query[0], score_scan(scan, query)[0])
            page = lister.page("thing", scores, None, Search(limit=20), Limits(-1.0))
            seconds.append((time.perf_counter() - started, time.process_time() - worked))
        worked = time.process_time()
        group_names(_occurrences([block for _, block in documents]))
        grouping = time.process_time() - worked
        store.close()
    return {
        "mentions": count,
        "entities": page.total,
        "first list, seconds": round(seconds[0][0], 2),
        "first list, of the processor": round(seconds[0][1], 2),
        "next list, seconds": round(min(seconds[1:])[0], 2),
        "names put together, of the processor": round(grouping, 2),
    }


def _made_up(number: int, generator: np.random.Generator) -> tuple[StoredDocument, MentionBlock]:
    """A document that names people, some of them a second time by their last name alone."""
    people = generator.integers(0, 20_000, MENTIONS - 1).tolist()
    names = [f"Name{one} Surname{one % 700}" for one in people]
    names.append(names[0].split()[1])
    text, spans = "", []
    for name in names:
        spans.append((len(text), len(text) + len(name)))
        text += name + " met "
    vectors = generator.normal(size=(len(names), DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    stored = StoredDocument(f"d{number:06}", text, {}, "", len(names))
    return stored, MentionBlock(np.array(spans, dtype=np.int64), names, vectors)


def _occurrences(blocks: list[MentionBlock]) -> Occurrences:
    spans = np.concatenate([block.spans for block in blocks])
    owners = np.repeat(np.arange(len(blocks)), [len(block) for block in blocks])
    surfaces = [surface for block in blocks for surface in block.surfaces]
    return Occurrences(owners, spans[:, 0], spans[:, 1], surfaces, [str(number) for number in range(len(blocks))])


def measure_recall(data: LabelledData) -> dict[str, object]:
    """Listed of those that are there, by type and in the mean."""
    shares: dict[str, float] = {}
    listed: dict[str, int] = {}
    there: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder, EntityIndex.open(folder) as index:
        index.add((Document(id=one.id, text=one.text) for one in data.documents), show_progress=False)
        for label, description in data.types.items():
            page = index.entities(description)
            names = {name_key(surface.text) for entity in page.entities for surface in entity.surfaces}
            marked = _marked(data, label)
            shares[label] = sum(bool(one & names) for one in marked) / len(marked)
            listed[label], there[label] = page.total, len(marked)
    lines = {label: f"{shares[label]:.3f} of {there[label]}, {listed[label]} listed" for label in shares}
    return {"mean share listed": round(float(np.mean(list(shares.values()))), 3), **lines}


def read_passages(paths: list[Path], types: int) -> LabelledData:
    """The held-back passages with their most frequent types."""
    lines = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    held_back = [line for line in lines if is_held_back(line["id"])]
    counts = Counter(kind for line in held_back for one in line["entities"] for kind in one["types"])
    asked = [kind for kind, _ in counts.most_common(types)]
    documents = [
        LabelledDocument(
            id=line["id"],
            text=line["text"],
            entities=[
                LabelledEntity(start=one["start"], end=one["end"], type=kind)
                for one in line["entities"]
                for kind in one["types"]
                if kind in asked
            ],
        )
        for line in held_back
    ]
    relevant = {
        kind: frozenset(one.id for one in documents if any(entity.type == kind for entity in one.entities))
        for kind in asked
    }
    return LabelledData(documents, {kind: kind for kind in asked}, relevant, [])


def _marked(data: LabelledData, label: str) -> list[set[str]]:
    """The entities of a label that are marked, each as the keys of its names."""
    places, surfaces, ids = [], [], []
    for document in data.documents:
        spans = sorted((one.start, one.end) for one in document.entities if one.type == label)
        if spans:
            ids.append(document.id)
        for start, end in spans:
            places.append((len(ids) - 1, start, end))
            surfaces.append(document.text[start:end])
    owners, starts, ends = np.array(places, dtype=np.int64).T
    grouping = group_names(Occurrences(owners, starts, ends, surfaces, ids))
    keys: dict[int, set[str]] = defaultdict(set)
    for member, surface in zip(grouping.members.tolist(), surfaces, strict=True):
        keys[member].add(name_key(surface))
    return list(keys.values())


if __name__ == "__main__":
    main()
