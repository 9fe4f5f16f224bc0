"""What an evaluation says, as data: what ``--json`` prints and what ``report.json`` holds."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel

from nerret_tools.documents import FailedDocument


class SpanSource(StrEnum):
    """Where the mentions of a document come from: those marked in the data, or the model's detector."""

    GOLD = "gold"
    DETECTED = "detected"

    @property
    def system(self) -> str:
        """How reports call nerret with such spans."""
        return f"nerret, {self.value} spans"


class Estimate(BaseModel):
    """A mean over types with its 95% bootstrap interval; ``None`` with fewer than two types."""

    mean: float
    low: float | None = None
    high: float | None = None


class TypeReport(BaseModel):
    """One system's ranking for one type; the last four only of a system that has a default cut-off.

    Attributes:
        label: The label in the data.
        description: The entity type that was asked for.
        relevant: Documents with at least one entity of it.
        r_precision: Precision in the first ``relevant`` places.
        precision_at_50: Precision in the first 50 places.
        precision_at_200: Precision in the first 200 places.
        returned: Documents over the default cut-off.
        precision: Share of those that are relevant.
        recall: Share of the relevant documents that were returned.
        f1: Harmonic mean of the two.
    """

    label: str
    description: str
    relevant: int
    r_precision: float
    precision_at_50: float
    precision_at_200: float
    returned: int | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None


class SystemReport(BaseModel):
    """One way to rank the documents; means are over types, each counting the same.

    Attributes:
        name: See `SpanSource.system`, or a baseline's name.
        r_precision: With its interval, as the next two.
        precision_at_50: See `TypeReport`.
        precision_at_200: See `TypeReport`.
        precision: At the default cut-off, as the next two.
        recall: See `TypeReport`.
        f1: See `TypeReport`.
        recall_curve: Recall at the list lengths of `scoring.RECALL_LENGTHS`.
        types: Every type by itself.
    """

    name: str
    r_precision: Estimate
    precision_at_50: Estimate
    precision_at_200: Estimate
    precision: float | None
    recall: float | None
    f1: float | None
    recall_curve: list[float]
    types: list[TypeReport]


class Comparison(BaseModel):
    """R-Precision of a system against that of the best baseline, type by type.

    Attributes:
        system: The system's name.
        baseline: The baseline with the highest macro R-Precision.
        difference: Of the system over the baseline.
        p: Of the two-sided Wilcoxon signed-rank test.
        types: How many were compared.
    """

    system: str
    baseline: str
    difference: Estimate
    p: float
    types: int


class Ablation(BaseModel):
    """One representation in place of the shipped one, on gold spans.

    Attributes:
        name: What is compared with the type.
        projected: Whether a trained projection is in it; all others are raw, centred cosines.
        r_precision: Macro over types.
        types: Label → R-Precision.
    """

    name: str
    projected: bool
    r_precision: Estimate
    types: dict[str, float]


class CoverageReport(BaseModel):
    """Gold spans that a predicted span matches, evaluated type or not.

    Attributes:
        gold_spans: Marked spans, each once.
        matched: Those with a predicted span of character Jaccard over 0.8.
        predicted_spans: Spans that the detector found.
        coverage: ``matched / gold_spans``.
        predicted_per_document: Predicted spans a document.
        predicted_per_gold: Predicted spans a gold span.
    """

    gold_spans: int
    matched: int
    predicted_spans: int
    coverage: float
    predicted_per_document: float
    predicted_per_gold: float


class CoveragePoint(BaseModel):
    """R-Precision where only this share of the gold spans was kept; relevant documents count as before."""

    kept: float
    r_precision: Estimate


class PassagePoint(BaseModel):
    """The same sentences, so many joined to one document.

    Attributes:
        sentences: In each document.
        documents: How many they make.
        r_precision: Macro over types; a document is relevant that has one relevant sentence.
        recall: Macro over types: share of the relevant sentences that a mention over the default cut-off lies in.
    """

    sentences: int
    documents: int
    r_precision: Estimate
    recall: float


class FamiliarityRow(BaseModel):
    """Types by what the training had of them.

    Attributes:
        group: ``wording``, ``head noun`` or ``neither``, see `familiarity`.
        types: How many.
        r_precision: System → macro over these types.
    """

    group: str
    types: int
    r_precision: dict[str, Estimate]


class Bin(BaseModel):
    """Pairs of type and document whose relevance lies in ``[low, high)``, 1 in the last bin.

    Attributes:
        low: Lowest relevance.
        high: Highest relevance.
        pairs: How many.
        mean_relevance: What was promised; ``None`` in an empty bin.
        share_relevant: What was true; ``None`` in an empty bin.
    """

    low: float
    high: float
    pairs: int
    mean_relevance: float | None = None
    share_relevant: float | None = None


class CalibrationReport(BaseModel):
    """Is relevance a probability, and does the default cut-off stop at the right place?

    Attributes:
        bins: All types together.
        ece_pooled: Expected calibration error of those bins.
        ece_macro: The same for each type by itself, averaged.
        listed: Over the default cut-off, all types together.
        likely: With a relevance of at least `LIKELY`, all types together.
        length: Median over types of the default list's length over the number of relevant documents.
        best_single_cutoff: The relevance that would have been the best cut-off for all types.
        best_single_f1: Macro F1 there.
        best_type_f1: Macro F1 with the best cut-off for each type by itself.
        f1_share: Mean over types of the F1 at the default over the type's best.
    """

    bins: list[Bin]
    ece_pooled: float
    ece_macro: float
    listed: Bin
    likely: Bin
    length: float
    best_single_cutoff: float
    best_single_f1: float
    best_type_f1: float
    f1_share: float


class Fault(StrEnum):
    """Whose fault it is that a relevant document is missing."""

    DETECTOR = "detector"
    RANKER = "ranker"
    CUT_OFF = "cut-off"


class Example(BaseModel):
    """A relevant document that is missing, or a wrong one high in the ranking.

    Attributes:
        document_id: The document's id.
        before: Text before the name.
        name: The marked entity that is missing, or the mention that brought the wrong document there.
        after: Text after it.
        fault: Whose fault it is that the document is missing; ``None``: it is a wrong one.
        marked_as: Labels of the marked entities that a wrong document's mention overlaps.
        place: In the ranking, from 1; ``None``: the document has no mention at all.
        relevance: The document's; 0 without a mention.
    """

    document_id: str
    before: str
    name: str
    after: str
    fault: Fault | None
    marked_as: list[str] = []
    place: int | None
    relevance: float


class TypeFaults(BaseModel):
    """Where the relevant documents of a type got lost, with detected spans.

    Attributes:
        label: The label in the data.
        description: The entity type that was asked for.
        relevant: Relevant documents.
        coverage: Share of the type's marked entities that a detected span covers.
        found: Documents in the first ``relevant`` places and over the default cut-off.
        detector: Below those places, and no detected span covers an entity of the type.
        ranker: Below those places although one is covered.
        cut_off: In the first ``relevant`` places, but under the default cut-off.
        missed: Examples; only for the types that are explained.
        wrong: Examples; only for the types that are explained.
    """

    label: str
    description: str
    relevant: int
    coverage: float
    found: int
    detector: int
    ranker: int
    cut_off: int
    missed: list[Example] = []
    wrong: list[Example] = []


class SetReport(BaseModel):
    """Everything that was measured on one labelled set.

    Attributes:
        name: How reports call the set.
        folder: Where its figures lie, inside the report's folder.
        model: Name of the model.
        fingerprint: What exactly the index was built with.
        precision: Number format of the backbone.
        limit_documents: Only this many documents were read; ``None``: all.
        documents: Documents in the data.
        mentions: System → mentions in its index.
        left_out: Labels that no document carries, and so are in no figure.
        failed: Documents that could not be indexed; they count as not found.
        systems: nerret with each kind of spans that was asked for, detected ones first, then the baselines.
        comparisons: nerret against the best baseline; empty without one.
        coverage: Only with detected spans.
        seconds: Stage → wall time; ``all`` is that of the set.
        calibration: Of detected spans; this and all below only in the whole evaluation.
        ablations: On gold spans.
        sensitivity: From all gold spans to the fewest.
        passages: Sentences by themselves and joined.
        familiarity: Empty where nobody said what the training had.
        faults: Every type, the worst R-Precision first.
        figures: File names inside ``folder``: ``recall``, ``types``, ``reliability``, ``mentions``.
        missing_figures: Why a figure is missing.
    """

    name: str = ""
    folder: str = ""
    model: str = ""
    fingerprint: str = ""
    precision: str = ""
    limit_documents: int | None = None
    documents: int
    mentions: dict[str, int] = {}
    left_out: list[str]
    failed: list[FailedDocument] = []
    systems: list[SystemReport] = []
    comparisons: list[Comparison] = []
    coverage: CoverageReport | None = None
    seconds: dict[str, float] = {}
    calibration: CalibrationReport | None = None
    ablations: list[Ablation] = []
    sensitivity: list[CoveragePoint] = []
    passages: list[PassagePoint] = []
    familiarity: list[FamiliarityRow] = []
    faults: list[TypeFaults] = []
    figures: dict[str, str] = {}
    missing_figures: dict[str, str] = {}


class NameReport(BaseModel):
    """One ambiguous name.

    Attributes:
        name: The name, in lower case.
        senses: The types it is used for.
        pairs: Pairs of a document with the type asked for and one with another type of the name.
        accuracy: System → share of the pairs in which the right document ranks higher.
    """

    name: str
    senses: list[str]
    pairs: int
    accuracy: dict[str, float]


class AmbiguousReport(BaseModel):
    """Names with several types, in the sentences that come with the package.

    Attributes:
        model: Name of the model.
        fingerprint: What exactly the index was built with.
        documents: Sentences.
        types: Types that are asked for.
        r_precision: System → macro over types.
        accuracy: System → mean of the names' accuracies.
        names: Every name by itself.
    """

    model: str
    fingerprint: str
    documents: int
    types: int
    r_precision: dict[str, Estimate]
    accuracy: dict[str, float]
    names: list[NameReport]


class Report(BaseModel):
    """The whole report: any number of labelled sets, and the ambiguous names."""

    sets: list[SetReport]
    ambiguous: AmbiguousReport
