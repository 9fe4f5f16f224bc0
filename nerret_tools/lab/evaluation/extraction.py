"""What ``nerret label --evaluate`` reports: how right an extraction is, with and without each part of the method."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from nerret_tools.archetypes.candidates import Candidates
from nerret_tools.archetypes.discovery import ANCHOR_THRESHOLD, ConsensusDetector
from nerret_tools.archetypes.extractor import EntityExtractor, best_first
from nerret_tools.archetypes.mediation import Mediation
from nerret_tools.archetypes.typing_weights import TYPING_FILE, load_typing
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
    systems = {"complete": extractor} | (_ablated(extractor) if ablations else {})
    scores: dict[str, dict[str, SpanScores]] = {}
    counts: dict[str, int] = {}
    for path in paths:
        documents = read_documents(path, form=LabelledFormat.COLUMNS if columns else None, limit=limit)
        evaluated = _present(types, {one.type for document in documents for one in document.entities}, path)
        counts[str(path)] = len(documents)
        for name, system in systems.items():
            complain(f"{path}: {name} ...")
            found = system.extract([document.text for document in documents], evaluated, min_relevance)
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


class _Uncalibrated(EntityExtractor):
    """Takes the type with the nearest archetypes, and none only where the span is likelier no mention."""

    def fit(self, mediation: Mediation, found: Candidates, archetypes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return best_first(mediation.agreement(archetypes), 2), found.probabilities


def _ablated(complete: EntityExtractor) -> dict[str, EntityExtractor]:
    """Take each part out of an extractor whose anchor and explorer are points of one span head.

    There the explorer finds all that the anchor finds, so their union is what the explorer finds.
    """
    model, head, weights, scorer = complete._model, complete._head, complete._typing, complete._scorer
    detector = complete._detector
    anchor, explorer = (ConsensusDetector(point, point) for point in (detector.anchor, detector.explorer))
    without_archetypes = load_typing(model.spec.weights / TYPING_FILE).direct
    by_mention = replace(weights, cutoff=ANCHOR_THRESHOLD)
    return {
        Ablation.EXPLORER.value: EntityExtractor(model, head, weights, anchor, scorer),
        Ablation.ANCHOR.value: EntityExtractor(model, head, weights, explorer, scorer),
        Ablation.CONSENSUS.value: EntityExtractor(model, head, weights, explorer, scorer),
        Ablation.CALIBRATION.value: _Uncalibrated(model, head, by_mention, detector),
        Ablation.ARCHETYPES.value: EntityExtractor(model, head, without_archetypes, detector, scorer),
    }
