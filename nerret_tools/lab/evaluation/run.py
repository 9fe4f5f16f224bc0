"""The real path: index the labelled documents, ask for each type, measure the answers.

One pipeline for a quick look (one kind of spans, no more than the rankings) and for the whole evaluation
(`examine`: both kinds of spans, all baselines, and every table and figure of the report).
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nerret_tools.documents import Document, Span
from nerret_tools.errors import MissingExtraError, ModelError
from nerret_tools.index import EntityIndex
from nerret_tools.lab.drawing import load_matplotlib
from nerret_tools.lab.evaluation.ablations import score_representations
from nerret_tools.lab.evaluation.ambiguous_names import name_reports, read_ambiguous
from nerret_tools.lab.evaluation.answers import Answers, ask
from nerret_tools.lab.evaluation.baselines import Baseline, rank_with
from nerret_tools.lab.evaluation.calibration import calibration_report
from nerret_tools.lab.evaluation.coverage import coverage
from nerret_tools.lab.evaluation.familiarity import Training, familiarity
from nerret_tools.lab.evaluation.faults import FaultFinder
from nerret_tools.lab.evaluation.figures import draw_mentions, draw_recall, draw_reliability, draw_types
from nerret_tools.lab.evaluation.labelled import DRAWN, LabelledData
from nerret_tools.lab.evaluation.mention_map import map_mentions
from nerret_tools.lab.evaluation.metrics import macro
from nerret_tools.lab.evaluation.passages import join_sentences
from nerret_tools.lab.evaluation.representations import GoldMentions, read_gold_mentions, read_published
from nerret_tools.lab.evaluation.results import AmbiguousReport, SetReport, SpanSource, SystemReport
from nerret_tools.lab.evaluation.scoring import compare, load_statistics, score_system
from nerret_tools.lab.evaluation.sensitivity import take_spans_away
from nerret_tools.models import find_spec
from nerret_tools.models.backbone_files import backbone_folder
from nerret_tools.models.spec import CALIBRATION_FILE


def evaluate(
    data: LabelledData,
    *,
    spans: Sequence[SpanSource] = (SpanSource.DETECTED,),
    baselines: Sequence[Baseline] = (),
    model: str = "minilm",
    show_progress: bool | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> SetReport:
    """Rank the documents for every type and score the rankings.

    Args:
        data: Labelled documents, see `read_labelled`.
        spans: An index is built for each: with the marked spans, whatever their labels, or with detected ones.
        baselines: Other rankings of the same documents, to compare with.
        model: Name of the model.
        show_progress: Passed to `EntityIndex.add`.
        announce: Called with a sentence when a stage begins.

    Raises:
        MissingExtraError: A baseline needs the ``evaluation`` extra.
        ModelError: The model, or the dense baseline's pooling, is not to be had.
        StoreError: The temporary folder cannot hold the index.
    """
    work = Evaluation(data, model, show_progress, announce)
    others = work.rank_baselines(baselines)
    for source in spans:
        with work.index(source) as index:
            work.measure(source, index)
    return work.finish(others)


def examine(
    data: LabelledData,
    folder: str | Path,
    *,
    name: str,
    model: str = "minilm",
    limit_documents: int | None = None,
    excerpts: bool = True,
    trained: Training | None = None,
    show_progress: bool | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> tuple[SetReport, AmbiguousReport]:
    """Measure everything about one set, and the ambiguous names; draw the figures.

    Args:
        data: Labelled documents, see `read_labelled`.
        folder: The report's folder; it is made.
        name: How the report calls the set; its letters and digits name the folder of its figures.
        model: Name of the model.
        limit_documents: Noted in the report: how far ``data`` was read.
        excerpts: Whether the examples of bad types show the text around a name, or the name alone.
        trained: What types the training had; without it, types are not told apart by that.
        show_progress: Passed to `EntityIndex.add`.
        announce: Called with a sentence when a stage begins.

    Raises:
        MissingExtraError: The extra ``evaluation`` or ``figures`` is needed.
        ModelError: As for `evaluate`, or the model is not complete.
        StoreError: The temporary folder cannot hold the index.
    """
    load_matplotlib()
    load_statistics()
    spec = find_spec(model)
    if not (spec.has_span_head and (spec.weights / CALIBRATION_FILE).is_file()):
        raise ModelError(
            f"model {spec.name} has no span head or no calibration, and the whole evaluation needs both; "
            "make them with nerret train, or evaluate without --report"
        )
    work = Evaluation(data, model, show_progress, announce)
    report = work.report
    report.name, report.limit_documents = name, limit_documents
    report.folder = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "set"
    others = work.rank_baselines(tuple(Baseline))
    with work.index(SpanSource.DETECTED) as index:
        answers = work.measure(SpanSource.DETECTED, index)
        report.calibration = calibration_report(data, answers, report.systems[0])
        with work.stage("looking for whose fault it is"):
            report.faults = FaultFinder(data, answers, work.predicted, excerpts).all_types(index)
    with work.index(SpanSource.GOLD) as index:
        work.measure(SpanSource.GOLD, index)
        drawn = data.draw(DRAWN)
        with work.stage("reading other representations"):
            loaded = index.load_model()
            mentions = read_gold_mentions(loaded, drawn)
            report.ablations = score_representations(drawn, mentions, read_published(loaded, drawn))
            report.sensitivity = take_spans_away(drawn, mentions)
    with work.stage("joining sentences to passages"):
        report.passages = join_sentences(data, model)
    work.finish(others)
    report.familiarity = [] if trained is None else familiarity(report.systems, trained)
    with work.stage("drawing"):
        _draw(report, Path(folder) / report.folder, drawn, mentions)
    return report, work.ambiguous()


class Evaluation:
    """The stages of one run, with what they share.

    Attributes:
        report: What was measured so far.
        predicted: Document id → detected spans; none for a document that could not be indexed.
    """

    def __init__(
        self, data: LabelledData, model: str, show_progress: bool | None, announce: Callable[[str], None]
    ) -> None:
        self.data = data
        self.model = model
        self.show_progress = show_progress
        self.say = announce
        self.started = time.perf_counter()
        self.predicted: dict[str, list[Span]] = {}
        self.report = SetReport(documents=len(data.documents), left_out=data.left_out)

    def rank_baselines(self, baselines: Sequence[Baseline]) -> list[SystemReport]:
        """Score the baselines; they go first, because what is missing then shows before the long work."""
        if baselines:
            load_statistics()
        chosen = dict.fromkeys(baselines)
        return [score_system(one.value, self.data, self._rank(one, self.data)) for one in chosen]

    @contextmanager
    def index(self, source: SpanSource) -> Iterator[EntityIndex]:
        """A temporary index of all documents."""
        with _index_of(self.data, source, self.model) as (index, documents):
            with self.stage(f"indexing {len(self.data.documents):,} documents with {source.value} spans"):
                self.report.failed += index.add(documents, show_progress=self.show_progress).failed
            yield index

    def measure(self, source: SpanSource, index: EntityIndex) -> Answers:
        """Ask an index for every type, and compare its spans with the marked ones where it found them itself."""
        with self.stage(f"ranking them for {len(self.data.types)} types, {source.value} spans"):
            answers = ask(index, self.data)
        self.report.systems.append(score_system(source.system, self.data, answers.ids, answers.returned))
        stats = index.stats()
        self.report.mentions[source.system] = stats.mentions
        self.report.model, self.report.fingerprint = stats.model, stats.fingerprint
        self.report.precision = stats.precision
        if source is SpanSource.DETECTED:
            with self.stage("comparing detected spans with gold ones"):
                self.predicted = {
                    one.id: [Span(start=found.start, end=found.end) for found in index.mentions(one.id)]
                    for one in self.data.documents
                }
                self.report.coverage = coverage(
                    (one.gold_spans(), self.predicted[one.id]) for one in self.data.documents
                )
        return answers

    def finish(self, baselines: list[SystemReport]) -> SetReport:
        """Compare the systems with the baselines."""
        report = self.report
        report.comparisons = [compare(system, baselines) for system in report.systems] if baselines else []
        report.systems += baselines
        report.seconds["all"] = round(time.perf_counter() - self.started, 1)
        return report

    def ambiguous(self) -> AmbiguousReport:
        """Rank the sentences about ambiguous names with every system."""
        data = read_ambiguous()
        rankings = {}
        with self.stage("ambiguous names"):
            for source in (SpanSource.DETECTED, SpanSource.GOLD):
                with _index_of(data, source, self.model) as (index, documents):
                    index.add(documents, show_progress=False)
                    rankings[source.system] = ask(index, data).ids
            for baseline in Baseline:
                rankings[baseline.value] = self._rank(baseline, data)
        names = name_reports(data, rankings)
        return AmbiguousReport(
            model=self.report.model,
            fingerprint=self.report.fingerprint,
            documents=len(data.documents),
            types=len(data.types),
            r_precision={name: score_system(name, data, found).r_precision for name, found in rankings.items()},
            accuracy={name: macro(one.accuracy[name] for one in names) for name in rankings},
            names=names,
        )

    @contextmanager
    def stage(self, sentence: str) -> Iterator[None]:
        """Say that a stage begins, and note how long it took."""
        self.say(sentence[0].upper() + sentence[1:])
        started = time.perf_counter()
        yield
        self.report.seconds[sentence] = round(time.perf_counter() - started, 1)

    def _rank(self, baseline: Baseline, data: LabelledData) -> dict[str, list[str]]:
        """Label → ids as a baseline ranks them."""
        with self.stage(f"ranking {len(data.documents):,} documents with the baseline {baseline}"):
            ids, texts = zip(*((one.id, one.text) for one in data.documents), strict=True)
            rankings = rank_with(
                baseline, ids, texts, list(data.types.values()), backbone_folder(find_spec(self.model))
            )
            return {
                label: [one for one in ranking if one not in data.unknown.get(label, ())]
                for label, ranking in zip(data.types, rankings, strict=True)
            }


@contextmanager
def _index_of(data: LabelledData, source: SpanSource, model: str) -> Iterator[tuple[EntityIndex, Iterator[Document]]]:
    """An empty index in a temporary folder, and what to add to it."""
    gold = source is SpanSource.GOLD
    documents = (Document(id=one.id, text=one.text, spans=one.gold_spans() if gold else None) for one in data.documents)
    with (
        tempfile.TemporaryDirectory(prefix="nerret-evaluate-") as folder,
        EntityIndex.open(folder, model=model) as index,
    ):
        yield index, documents


def _draw(report: SetReport, folder: Path, data: LabelledData, mentions: GoldMentions) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    draw_recall(folder / "recall.png", report.systems)
    draw_types(folder / "types.png", report.systems)
    if report.calibration is not None:
        draw_reliability(folder / "reliability.png", report.calibration)
    report.figures = {one: f"{one}.png" for one in ("recall", "types", "reliability")}
    try:
        draw_mentions(folder / "mentions.png", map_mentions(data, mentions))
    except (MissingExtraError, ValueError) as error:
        report.missing_figures["mentions"] = str(error)
    else:
        report.figures["mentions"] = "mentions.png"
