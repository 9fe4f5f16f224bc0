"""How to combine the relevances of several types: rules compared where one mention, or one document, has several.

    python -m nerret_tools.lab.evaluation.combinations DATA [--model minilm] [--documents N] [--json]

DATA is a folder with few-nerd-inter/dev.jsonl and types.json (fine and coarse type of a mention), typed/ (two to four
types of a mention, its held-back tenth) and wordnet/ (what is known of types that are not listed). Mentions are the
marked ones; what nobody knows of a mention is left out. Development data alone, since the rule is chosen by it.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from nerret_tools.cli.output import print_data, results
from nerret_tools.encoding.sentences import sentence_ranges
from nerret_tools.entity_query import EntityQuery, Scope
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.training.taxonomy import read_wordnet
from nerret_tools.lab.training.typed import FALSE, TRUE, TypeRelations, read_typed
from nerret_tools.models import Calibration, Model, find_spec
from nerret_tools.models.spec import CALIBRATION_FILE
from nerret_tools.ranking.combined import combine

Floats = npt.NDArray[np.float64]
Verdicts = npt.NDArray[np.int64]

COARSE = {"art": "work of art"}
"""Few-NERD's coarse types that are no word for what they hold; the others are."""

LIKELY = 0.3
"""A relevance that somebody would look at, as in `calibration`."""

PAIRS = 250
SEED = 0
_LEAST = 1e-6


@dataclass(frozen=True)
class Case:
    """One question and what is true of each mention or document: TRUE, FALSE or unknown, ``[n]``."""

    kind: str
    query: EntityQuery
    truth: Verdicts


@dataclass(frozen=True)
class World:
    """Relevances of each type ``[n]``, and cases."""

    name: str
    relevances: dict[str, Floats]
    cases: list[Case]


Rule = Callable[[Floats, Floats], Floats]
RULES: dict[str, dict[str, Rule]] = {
    "all": {
        "product": lambda wanted, _: wanted.prod(axis=0),
        "minimum": lambda wanted, _: wanted.min(axis=0),
        "mean log-odds": lambda wanted, _: _chance(_log_odds(wanted).mean(axis=0)),
    },
    "any": {
        "either": lambda wanted, _: 1 - (1 - wanted).prod(axis=0),
        "maximum": lambda wanted, _: wanted.max(axis=0),
        "mean": lambda wanted, _: wanted.mean(axis=0),
    },
    "none": {
        "p (1 - q)": lambda wanted, ruled_out: wanted[0] * (1 - ruled_out.max(axis=0)),
        "min(p, 1 - q)": lambda wanted, ruled_out: np.minimum(wanted[0], 1 - ruled_out.max(axis=0)),
        "ignore": lambda wanted, _: wanted[0],
    },
}
"""Relevances of the wanted types ``[k, n]`` and of those that are ruled out ``[m, n]`` → ``[n]``."""


def _log_odds(chance: Floats) -> Floats:
    clipped = np.clip(chance, _LEAST, 1 - _LEAST)
    odds: Floats = np.log(clipped / (1 - clipped))
    return odds


def _chance(log_odds: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-log_odds))
    return chance


def few_nerd(model: Model, curve: Calibration, data: Path, documents: int) -> Iterator[World]:
    """By mention: fine types with coarse ones; by document: fine types together."""
    read = read_labelled(data / "dev.jsonl", data / "types.json", limit_documents=documents)
    vectors, labels, owners = [], [], []
    for number, (document, found) in enumerate(zip(read.documents, _encode(model, read.documents), strict=True)):
        marked = {(one.start, one.end): one.type for one in document.entities}
        for span, vector in zip(found.spans, found.embeddings, strict=True):
            if (int(span[0]), int(span[1])) in marked:
                vectors.append(vector)
                labels.append(marked[int(span[0]), int(span[1])])
                owners.append(number)
    fine = sorted(read.types)
    coarse = sorted({label.split("-")[0] for label in fine} - {"other"})
    words = {**read.types, **{one: COARSE.get(one, one) for one in coarse}}
    is_of = {one: np.array([one in (label, label.split("-")[0]) for label in labels]).astype(int) for one in words}
    asked = dict(zip(words, _relevances(model, curve, vectors, list(words.values())), strict=True))
    relevances = {words[one]: found for one, found in asked.items()}
    cases = []
    for label in fine:
        for one in coarse:
            own = label.startswith(f"{one}-")
            kind = "fine and its coarse" if own else "fine and another coarse"
            cases.append(_case(f"all: {kind}", [words[label], words[one]], is_of, [label, one]))
            if own:
                cases.append(_without("none: coarse, not fine", words, is_of, one, label))
                cases.append(_either("any: fine or its coarse", words, is_of, [label, one]))
            else:
                cases.append(_without("none: fine, not another coarse", words, is_of, label, one))
    cases += [_either("any: two fine", words, is_of, list(pair)) for pair in combinations(fine, 2)]
    yield World("Few-NERD dev, mentions", relevances, cases)
    owner = np.array(owners)
    best = {one: _of_documents(owner, found) for one, found in relevances.items()}
    there = {one: _of_documents(owner, found) for one, found in is_of.items()}
    cases = []
    for pair in combinations(fine, 2):
        cases.append(_case("all: two fine", [words[one] for one in pair], there, list(pair), "document"))
        cases.append(_either("any: two fine", words, there, list(pair), "document"))
        if (there[pair[0]] & there[pair[1]]).any():
            cases.append(_without("none: one fine, not the other", words, there, pair[0], pair[1], "document"))
    yield World("Few-NERD dev, documents", best, cases)


def typed(model: Model, curve: Calibration, data: Path) -> World:
    """By mention: types that some mention has both, and types drawn by chance."""
    texts = read_typed(sorted((data / "typed").glob("*.jsonl")), sentence_ranges, held_back=True)
    relations = TypeRelations(texts, read_wordnet(data / "wordnet" / "data.noun", min_members=1, max_members=10**9))
    vectors, lists = [], []
    for text, found in zip(
        texts, model.load().encode([one.text for one in texts], [one.spans for one in texts]), strict=True
    ):
        types_at = dict(zip(text.spans, text.types, strict=True))
        vectors += list(found.embeddings)
        lists += [types_at[int(start), int(end)] for start, end in found.spans]
    both = Counter(pair for types in lists for pair in combinations(types, 2))
    generator = random.Random(SEED)
    pairs = sorted(generator.sample(sorted(both), min(PAIRS, len(both))))
    names = sorted({name for pair in pairs for name in pair})
    known = {name: np.array([relations.judge(name, types) for types in lists]) for name in names}
    strangers = [generator.sample(names, 2) for _ in pairs]
    cases = []
    words = {name: name for name in names}
    for fine, broad in pairs:
        nested = bool((known[broad][known[fine] == TRUE] == TRUE).all())
        kind = "one above the other" if nested else "crossing"
        cases.append(_case(f"all: {kind}", [fine, broad], known, [fine, broad]))
        cases.append(_either(f"any: {kind}", words, known, [fine, broad]))
        cases.append(_without(f"none: {kind}", words, known, broad, fine))
    cases += [_either("any: by chance", words, known, pair) for pair in strangers]
    cases += [_without("none: by chance", words, known, one, other) for one, other in strangers]
    relevances = dict(zip(names, _relevances(model, curve, vectors, names), strict=True))
    return World("typed passages, mentions", relevances, cases)


def _encode(model: Model, documents: Sequence[Any]) -> Iterator[Any]:
    for first in range(0, len(documents), 256):
        part = documents[first : first + 256]
        spans = [[(one.start, one.end) for one in document.entities] for document in part]
        yield from model.load().encode([document.text for document in part], spans)


def _relevances(model: Model, curve: Calibration, vectors: list[Any], types: list[str]) -> Floats:
    """``[types, n]``."""
    return curve.relevance(np.array(vectors) @ model.load().encode_types(types).T).T


def _of_documents(owners: Verdicts, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The greatest of each document."""
    firsts = np.flatnonzero(np.diff(owners, prepend=-1))
    greatest: npt.NDArray[Any] = np.maximum.reduceat(values, firsts)
    return greatest


def _case(kind: str, types: list[str], known: dict[str, Verdicts], labels: list[str], scope: Scope = "mention") -> Case:
    judged = np.array([known[one] for one in labels])
    truth = np.where((judged == TRUE).all(axis=0), TRUE, np.where((judged == FALSE).any(axis=0), FALSE, -1))
    return Case(kind, EntityQuery(all_of=types, scope=scope), truth)


def _either(
    kind: str, words: dict[str, str], known: dict[str, Verdicts], labels: list[str], scope: Scope = "mention"
) -> Case:
    judged = np.array([known[one] for one in labels])
    truth = np.where((judged == TRUE).any(axis=0), TRUE, np.where((judged == FALSE).all(axis=0), FALSE, -1))
    return Case(kind, EntityQuery(any_of=[words[one] for one in labels], scope=scope), truth)


def _without(
    kind: str, words: dict[str, str], known: dict[str, Verdicts], label: str, other: str, scope: Scope = "mention"
) -> Case:
    wanted, ruled_out = known[label], known[other]
    false = (wanted == FALSE) | (ruled_out == TRUE)
    truth = np.where((wanted == TRUE) & (ruled_out == FALSE), TRUE, np.where(false, FALSE, -1))
    return Case(kind, EntityQuery(all_of=[words[label]], none_of=[words[other]], scope=scope), truth)


def compare(world: World, curve: Calibration) -> Iterator[dict[str, Any]]:
    """A row for each kind of case and rule."""
    kinds: dict[str, list[Case]] = defaultdict(list)
    for case in world.cases:
        kinds[case.kind].append(case)
    for kind, cases in sorted(kinds.items()):
        for name, rule in {"shipped": None, **RULES[kind.split(":")[0]]}.items():
            precisions, at_r, said, true = [], [], [], []
            for case in cases:
                parts = np.array([world.relevances[one] for one in case.query.types])
                wanted = len(case.query.wanted)
                if rule is None:
                    scores = combine(case.query, curve, list(curve.scores(_log_odds(parts))))
                    found = curve.relevance(scores)
                else:
                    found = rule(parts[:wanted], parts[wanted:])
                clear = case.truth >= 0
                right, chance = case.truth[clear], found[clear]
                said.append(chance)
                true.append(right)
                if right.any():
                    ranked = right[np.argsort(-chance, kind="stable")]
                    hits = np.cumsum(ranked)
                    precisions.append(float((hits / np.arange(1, len(hits) + 1))[ranked == 1].mean()))
                    at_r.append(float(ranked[: hits[-1]].mean()))
            chances, rights = np.clip(np.concatenate(said), _LEAST, 1 - _LEAST), np.concatenate(true)
            likely = chances > LIKELY
            loss = -(rights * np.log(chances) + (1 - rights) * np.log(1 - chances)).mean()
            yield {
                "labels": world.name,
                "kind": kind,
                "cases": len(cases),
                "rule": name,
                "average_precision": round(float(np.mean(precisions)), 3) if precisions else None,
                "r_precision": round(float(np.mean(at_r)), 3) if at_r else None,
                "expected": round(float(chances.sum())),
                "true": int(rights.sum()),
                "said_where_likely": round(float(chances[likely].mean()), 3) if likely.any() else None,
                "true_where_likely": round(float(rights[likely].mean()), 3) if likely.any() else None,
                "log_loss": round(float(loss), 5),
            }


def main(
    data: Annotated[Path, typer.Argument(metavar="DATA", show_default=False)],
    model: Annotated[str, typer.Option(help="Name of the model.")] = "minilm",
    documents: Annotated[int, typer.Option(help="Of Few-NERD, the first ones.")] = 6_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print average precision, R-Precision, expected and true numbers of each rule on each set of labels."""
    spec = find_spec(model)
    loaded, curve = Model(spec), Calibration.load(spec.weights / CALIBRATION_FILE)
    worlds = [*few_nerd(loaded, curve, data / "few-nerd-inter", documents), typed(loaded, curve, data)]
    rows = [row for world in worlds for row in compare(world, curve)]
    if as_json:
        print_data({"rows": json.loads(json.dumps(rows))})
        return
    table = Table(box=SIMPLE_HEAD)
    for heading in rows[0]:
        table.add_column(heading.replace("_", " "))
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    results().print(table)


if __name__ == "__main__":
    typer.run(main)
