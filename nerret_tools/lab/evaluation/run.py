"""The real path: build an index of the labelled documents, ask for each type, score the answers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from nerret_tools.documents import Document, FailedDocument, Span
from nerret_tools.lab.evaluation.baselines import Baseline, rank_with
from nerret_tools.lab.evaluation.coverage import coverage
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.report import CoverageReport, EvaluationReport
from nerret_tools.lab.evaluation.scoring import compare_with_best, score_system
from nerret_tools.lab.evaluation.significance import load_test

if TYPE_CHECKING:
    from nerret_tools.index import EntityIndex


class SpanSource(StrEnum):
    """Where the mentions of a document come from."""

    GOLD = "gold"
    DETECTED = "detected"


def evaluate(
    data: LabelledData,
    *,
    spans: SpanSource = SpanSource.DETECTED,
    baselines: Sequence[Baseline] = (),
    model: str = "minilm",
    show_progress: bool | None = None,
    announce: Callable[[str], None] | None = None,
) -> EvaluationReport:
    """Index the documents in a temporary folder, rank them for every type, and score the rankings.

    Args:
        data: Labelled documents, see `read_labelled`.
        spans: ``GOLD`` indexes every marked span, whatever its label; ``DETECTED`` runs the
            model's detector.
        baselines: Other rankings of the same documents, to compare with.
        model: Name of the model.
        show_progress: Passed to `EntityIndex.add`.
        announce: Called with a sentence when a stage begins.

    Raises:
        MissingExtraError: A baseline needs the ``evaluation`` extra.
        ModelError: The model, or the dense baseline's pooling, is not to be had.
        StoreError: The temporary folder cannot hold the index.
    """
    from nerret_tools.index import EntityIndex

    say = announce or _keep_quiet
    others = _baselines(data, baselines, model, say)
    compared = [score_system(name, data, rankings) for name, rankings in others]
    with (
        tempfile.TemporaryDirectory(prefix="nerret-evaluate-") as folder,
        EntityIndex.open(folder, model=model) as index,
    ):
        say(f"Indexing {len(data.documents):,} documents with {spans} spans")
        started = time.perf_counter()
        added = index.add(_documents(data, spans), show_progress=show_progress)
        index_seconds = time.perf_counter() - started

        say(f"Ranking them for {len(data.types)} types")
        started = time.perf_counter()
        rankings = index.rank_many(list(data.types.values()))
        find_seconds = time.perf_counter() - started
        calibrated = bool(rankings) and not any(np.isnan(ranking.relevances).any() for ranking in rankings)
        answers = index.find_many(list(data.types.values()), limit=1, max_mentions=1) if calibrated else []
        ours = score_system(
            "nerret",
            data,
            {label: ranking.ids for label, ranking in zip(data.types, rankings, strict=True)},
            {label: answer.total for label, answer in zip(data.types, answers, strict=True)} if calibrated else None,
        )
        stats = index.stats()
        return EvaluationReport(
            model=stats.model,
            fingerprint=stats.fingerprint,
            spans=spans.value,
            documents=len(data.documents),
            mentions=stats.mentions,
            failed=added.failed,
            left_out=data.left_out,
            index_seconds=index_seconds,
            find_seconds=find_seconds,
            systems=[ours, *compared],
            coverage=_coverage(data, index, added.failed, say) if spans is SpanSource.DETECTED else None,
            significance=compare_with_best(ours, compared),
        )


def _keep_quiet(_sentence: str) -> None:
    """Nobody asked to hear about stages."""


def _baselines(
    data: LabelledData, baselines: Sequence[Baseline], model: str, say: Callable[[str], None]
) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Name and rankings of each baseline. They go first: what is missing shows before the long work."""
    if not baselines:
        return
    from nerret_tools.models import find_spec
    from nerret_tools.models.backbone_files import backbone_folder

    load_test()
    backbone = backbone_folder(find_spec(model))
    ids = [document.id for document in data.documents]
    texts = [document.text for document in data.documents]
    for baseline in dict.fromkeys(baselines):
        say(f"Ranking {len(ids):,} documents with the baseline {baseline}")
        rankings = rank_with(baseline, ids, texts, list(data.types.values()), backbone)
        yield baseline.value, dict(zip(data.types, rankings, strict=True))


def _documents(data: LabelledData, spans: SpanSource) -> Iterator[Document]:
    for document in data.documents:
        gold = document.gold_spans() if spans is SpanSource.GOLD else None
        yield Document(id=document.id, text=document.text, spans=gold)


def _coverage(
    data: LabelledData, index: EntityIndex, failed: Sequence[FailedDocument], say: Callable[[str], None]
) -> CoverageReport:
    """Compare the stored mentions with the gold spans; a document that failed has no mention."""
    say("Comparing detected spans with gold ones")
    lost = {failure.id for failure in failed}

    def predicted(document_id: str) -> list[Span]:
        if document_id in lost:
            return []
        return [Span(start=found.start, end=found.end) for found in index.mentions(document_id)]

    return coverage((document.gold_spans(), predicted(document.id)) for document in data.documents)
