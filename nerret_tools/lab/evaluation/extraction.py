"""What ``nerret label --evaluate`` reports: how right an extraction is, with and without each part of the method."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from nerret_tools.archetypes import EntityExtractor, Plan
from nerret_tools.archetypes.discovery import Agreement
from nerret_tools.cli.output import columns as table_of
from nerret_tools.cli.output import complain, print_json, results, visible
from nerret_tools.errors import DataFileError
from nerret_tools.lab.evaluation.span_f1 import SpanScores, difference_p, score_spans
from nerret_tools.reading.labelled import LabelledFormat, read_documents


class Ablation(StrEnum):
    """What is taken out of an evaluation (SAM-NER, table of ablations)."""

    EXPLORER = "no-explorer"
    ANCHOR = "no-anchor"
    CONSENSUS = "no-consensus"
    CALIBRATION = "no-calibration"
    ARCHETYPES = "no-archetypes"


class LabelReport(BaseModel):
    """What ``nerret label --evaluate --json`` prints.

    Attributes:
        documents: Of each file.
        scores: File → system → scores.
        p: File → system → probability that a difference in micro F1 from the complete method
            is chance (approximate randomisation over documents).
        macro_f1: System → mean of the files' micro F1.
    """

    documents: dict[str, int]
    scores: dict[str, dict[str, Any]]
    p: dict[str, dict[str, float]]
    macro_f1: dict[str, float]


def print_evaluation(
    extractor: EntityExtractor,
    paths: list[Path],
    types: Any,
    min_relevance: float | None,
    ablations: bool,
    limit: int | None,
    columns: bool,
    *,
    as_json: bool,
) -> None:
    """Extract from labelled files and print how right that is, on each file and on average."""
    systems = _systems() if ablations else {"complete": None}
    scores: dict[str, dict[str, SpanScores]] = {}
    counts: dict[str, int] = {}
    for path in paths:
        documents = read_documents(path, form=LabelledFormat.COLUMNS if columns else None, limit=limit)
        evaluated = _present(types, {one.type for document in documents for one in document.entities}, path)
        counts[str(path)] = len(documents)
        for name, plan in systems.items():
            complain(f"{path}: {name} ...")
            found = extractor.extract([document.text for document in documents], evaluated, min_relevance, plan=plan)
            spans = [[(one.start, one.end, one.type) for one in mentions] for mentions in found]
            scores.setdefault(str(path), {})[name] = score_spans(documents, spans, evaluated)
    macro = {name: sum(of[name].micro.f1 for of in scores.values()) / len(scores) for name in systems}
    p = {
        path: {name: difference_p(of["complete"], one) for name, one in of.items() if name != "complete"}
        for path, of in scores.items()
    }
    if as_json:
        dumped = {path: {name: one.model_dump() for name, one in of.items()} for path, of in scores.items()}
        print_json(LabelReport(documents=counts, scores=dumped, p=p, macro_f1=macro))
        return
    headings = ("micro F1", "precision", "recall", "macro F1", "spans F1", "p")
    table = table_of("file", "system", *headings, numbers=headings)
    for file, of in scores.items():
        for name, one in of.items():
            figures = (one.micro.f1, one.micro.precision, one.micro.recall, one.macro_f1, one.spans.f1)
            chance = f"{p[file][name]:.3f}" if name in p[file] else ""
            table.add_row(visible(file), name, *(f"{figure:.3f}" for figure in figures), chance)
    if len(scores) > 1:
        for name, figure in macro.items():
            table.add_row("mean of the files", name, f"{figure:.3f}", "", "", "", "", "")
    results().print(table)


def _present(types: Any, labels: set[str], path: Path) -> Any:
    """The types that this file marks: one schema file may serve several data sets."""
    found = {name: types[name] for name in types if name in labels} if isinstance(types, dict) else None
    chosen = [name for name in types if name in labels] if found is None else found
    if not chosen:
        raise DataFileError(f"{path}: marks none of the types; it has {', '.join(sorted(labels)) or 'no entities'}")
    return chosen


def _systems() -> dict[str, Plan | None]:
    return {
        "complete": None,
        Ablation.EXPLORER.value: Plan(discovery=Agreement.ANCHOR),
        Ablation.ANCHOR.value: Plan(discovery=Agreement.EXPLORER),
        Ablation.CONSENSUS.value: Plan(discovery=Agreement.UNION),
        Ablation.CALIBRATION.value: Plan(calibration=False),
        Ablation.ARCHETYPES.value: Plan(archetypes=False),
    }
