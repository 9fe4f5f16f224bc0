"""Names with several types: does the right sense rank above the wrong one?

The sentences were written for this package. Every entity of one of their types is marked, and a
name counts as ambiguous when it is marked with more than one type.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.resources import as_file, files
from itertools import product

from nerret_tools.lab.evaluation.labelled import LabelledData, read_labelled
from nerret_tools.lab.evaluation.metrics import macro
from nerret_tools.lab.evaluation.results import NameReport


def read_ambiguous() -> LabelledData:
    """Read the sentences that come with the package."""
    with as_file(files("nerret_tools.lab.evaluation") / "ambiguous") as folder:
        return read_labelled(folder / "sentences.jsonl", folder / "types.json")


def name_reports(data: LabelledData, rankings: Mapping[str, Mapping[str, Sequence[str]]]) -> list[NameReport]:
    """Compare documents in which a name has the type asked for with those in which it has another.

    A document that a system does not rank at all is below every one that it ranks; two such
    documents count half.

    Args:
        data: The labelled documents.
        rankings: System → label → ids, best first.
    """
    uses: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for document in data.documents:
        for entity in document.entities:
            if entity.type in data.types:
                uses[document.text[entity.start : entity.end].casefold()][entity.type].append(document.id)
    reports = []
    for name, senses in sorted(uses.items()):
        if len(senses) < 2:
            continue
        pairs = [
            (asked, right, wrong)
            for asked, other in product(senses, senses)
            if asked != other
            for right, wrong in product(senses[asked], senses[other])
            if wrong not in data.relevant[asked]
        ]
        accuracy = {system: macro(_wins(found, pairs)) for system, found in rankings.items()}
        reports.append(NameReport(name=name, senses=sorted(senses), pairs=len(pairs), accuracy=accuracy))
    return reports


def _wins(rankings: Mapping[str, Sequence[str]], pairs: Sequence[tuple[str, str, str]]) -> list[float]:
    places = {label: {one: place for place, one in enumerate(ids)} for label, ids in rankings.items()}
    wins = []
    for asked, right, wrong in pairs:
        last = len(places[asked])
        one, other = places[asked].get(right, last), places[asked].get(wrong, last)
        wins.append(0.5 if one == other else float(one < other))
    return wins
