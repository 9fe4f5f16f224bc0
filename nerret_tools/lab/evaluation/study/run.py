"""One labelled set from its documents to all its figures, on the real path."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nerret_tools.documents import Document, FailedDocument, Span
from nerret_tools.errors import MissingExtraError, ModelError
from nerret_tools.lab.evaluation.baselines import Baseline, rank_with
from nerret_tools.lab.evaluation.coverage import coverage
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.significance import load_test
from nerret_tools.lab.evaluation.study.ambiguous import study_ambiguous
from nerret_tools.lab.evaluation.study.answers import Answers, ask
from nerret_tools.lab.evaluation.study.calibration import calibration_study
from nerret_tools.lab.evaluation.study.faults import FaultFinder
from nerret_tools.lab.evaluation.study.figures import (
    draw_mentions,
    draw_recall,
    draw_reliability,
    draw_types,
)
from nerret_tools.lab.evaluation.study.results import AmbiguousStudy, SetStudy, SystemStudy
from nerret_tools.lab.evaluation.study.sensitivity import take_spans_away
from nerret_tools.lab.evaluation.study.systems import RECALL_LENGTHS, compare, study_system
from nerret_tools.lab.sweep.figures import load_matplotlib
from nerret_tools.models import ModelSpec, find_spec
from nerret_tools.models.spec import CALIBRATION_FILE

if TYPE_CHECKING:
    from nerret_tools.index import EntityIndex
    from nerret_tools.lab.evaluation.study.representations import GoldMentions

DETECTED = "nerret, detected spans"
GOLD = "nerret, gold spans"


def study(
    data: LabelledData,
    *,
    name: str,
    folder: str | Path,
    model: str = "minilm",
    limit_documents: int | None = None,
    excerpts: bool = True,
    show_progress: bool | None = None,
    announce: Callable[[str], None] | None = None,
) -> tuple[SetStudy, AmbiguousStudy]:
    """Measure everything about one set, and the ambiguous names; draw the figures.

    Args:
        data: Labelled documents, see `read_labelled`.
        name: How the report calls the set; its letters and digits name the folder of its figures.
        folder: The report's folder; it is made.
        model: Name of the model.
        limit_documents: Noted in the report: how far ``data`` was read.
        excerpts: Whether the examples of bad types show the text around a name, or the name alone.
        show_progress: Passed to `EntityIndex.add`.
        announce: Called with a sentence when a stage begins.

    Raises:
        MissingExtraError: The extra ``evaluation`` or ``figures`` is needed.
        ModelError: The model, or the dense baseline's pooling, is not to be had, or the model is
            not complete.
        StoreError: The temporary folder cannot hold the index.
    """
    load_matplotlib()
    load_test()
    _check_complete(find_spec(model))
    work = _Work(data, name, Path(folder), model, show_progress, announce or (lambda _: None))
    return work.set_study(limit_documents, excerpts), work.ambiguous_study()


def _check_complete(spec: ModelSpec) -> None:
    if not (spec.has_span_head and (spec.weights / CALIBRATION_FILE).is_file()):
        raise ModelError(
            f"model {spec.name} has no span head or no calibration, and the whole evaluation needs both; "
            "make them with nerret train, or evaluate without --report"
        )


class _Work:
    """The stages of one run, with what they share."""

    def __init__(
        self,
        data: LabelledData,
        name: str,
        folder: Path,
        model: str,
        show_progress: bool | None,
        say: Callable[[str], None],
    ) -> None:
        self.data = data
        self.name = name
        self.model = model
        self.show_progress = show_progress
        self.say = say
        self.seconds: dict[str, float] = {}
        self.started = time.perf_counter()
        self.subfolder = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "set"
        self.figures = folder / self.subfolder
        self.figures.mkdir(parents=True, exist_ok=True)

    def set_study(self, limit_documents: int | None, excerpts: bool) -> SetStudy:
        from nerret_tools.lab.evaluation.study.ablations import study_ablations
        from nerret_tools.lab.evaluation.study.representations import read_gold_mentions, read_published

        baselines = [study_system(baseline.value, self.data, self.rank(baseline, self.data)) for baseline in Baseline]
        with self._index(gold=False) as (index, failed):
            detected_stats = index.stats()
            answers, detected = self._ask(DETECTED, index)
            with self._stage("comparing detected spans with gold ones"):
                predicted = self._predicted(index)
                covered = coverage((one.gold_spans(), predicted[one.id]) for one in self.data.documents)
                faults = FaultFinder(self.data, answers, predicted, excerpts).all_types(index)
        with self._index(gold=True) as (index, gold_failed):
            gold_stats = index.stats()
            _, gold = self._ask(GOLD, index)
            with self._stage("reading other representations"):
                loaded = index.load_model()
                mentions = read_gold_mentions(loaded, self.data)
                ablations = study_ablations(self.data, gold, mentions, read_published(loaded, self.data))
            with self._stage("taking gold spans away"):
                sensitivity = take_spans_away(index, self.data, self.say)
        done = SetStudy(
            name=self.name,
            folder=self.subfolder,
            model=detected_stats.model,
            fingerprint=detected_stats.fingerprint,
            precision=detected_stats.precision,
            limit_documents=limit_documents,
            documents=len(self.data.documents),
            mentions={DETECTED: detected_stats.mentions, GOLD: gold_stats.mentions},
            left_out=self.data.left_out,
            failed=[*failed, *gold_failed],
            systems=[detected, gold, *baselines],
            comparisons=[compare(system, baselines) for system in (detected, gold)],
            ablations=ablations,
            coverage=covered,
            sensitivity=sensitivity,
            calibration=calibration_study(self.data, answers, detected),
            faults=faults,
            recall_lengths=RECALL_LENGTHS,
        )
        with self._stage("drawing"):
            self._draw(done, mentions)
        done.seconds = {"all": round(time.perf_counter() - self.started, 1), **self.seconds}
        return done

    def ambiguous_study(self) -> AmbiguousStudy:
        with self._stage("ambiguous names"):
            return study_ambiguous(self.model, self.rank)

    def rank(self, baseline: Baseline, data: LabelledData) -> dict[str, list[str]]:
        """Label → ids as a baseline ranks them."""
        from nerret_tools.models.backbone_files import backbone_folder

        with self._stage(f"ranking {len(data.documents):,} documents with the baseline {baseline}"):
            ids = [document.id for document in data.documents]
            texts = [document.text for document in data.documents]
            backbone = backbone_folder(find_spec(self.model))
            rankings = rank_with(baseline, ids, texts, list(data.types.values()), backbone)
            return dict(zip(data.types, rankings, strict=True))

    @contextmanager
    def _stage(self, sentence: str) -> Iterator[None]:
        self.say(sentence[0].upper() + sentence[1:])
        started = time.perf_counter()
        yield
        self.seconds[sentence] = round(time.perf_counter() - started, 1)

    @contextmanager
    def _index(self, *, gold: bool) -> Iterator[tuple[EntityIndex, list[FailedDocument]]]:
        """A temporary index of all documents, and what could not be indexed."""
        from nerret_tools.index import EntityIndex

        with (
            tempfile.TemporaryDirectory(prefix="nerret-evaluate-") as folder,
            EntityIndex.open(folder, model=self.model) as index,
        ):
            kind = "gold" if gold else "detected"
            with self._stage(f"indexing {len(self.data.documents):,} documents with {kind} spans"):
                documents = (
                    Document(id=one.id, text=one.text, spans=one.gold_spans() if gold else None)
                    for one in self.data.documents
                )
                failed = index.add(documents, show_progress=self.show_progress).failed
            yield index, failed

    def _ask(self, system: str, index: EntityIndex) -> tuple[Answers, SystemStudy]:
        with self._stage(f"ranking them for {len(self.data.types)} types, {system.removeprefix('nerret, ')}"):
            answers = ask(index, self.data)
            returned = {label: answers.returned(label) for label in self.data.types}
            return answers, study_system(system, self.data, answers.ids, returned)

    def _predicted(self, index: EntityIndex) -> dict[str, list[Span]]:
        """Document id → its stored spans; none for a document that could not be indexed."""
        return {
            document.id: [Span(start=found.start, end=found.end) for found in index.mentions(document.id)]
            for document in self.data.documents
        }

    def _draw(self, done: SetStudy, mentions: GoldMentions) -> None:
        from nerret_tools.lab.evaluation.study.mention_map import map_mentions

        draw_recall(self.figures / "recall.png", done.recall_lengths, done.systems)
        draw_types(self.figures / "types.png", done.systems)
        draw_reliability(self.figures / "reliability.png", done.calibration)
        done.figures = {one: f"{one}.png" for one in ("recall", "types", "reliability")}
        try:
            draw_mentions(self.figures / "mentions.png", map_mentions(self.data, mentions))
        except (MissingExtraError, ValueError) as error:
            done.missing_figures["mentions"] = str(error)
            self.say(f"No map of mentions: {error}")
        else:
            done.figures["mentions"] = "mentions.png"
