"""What the whole evaluation says, as data: the content of ``report.json``."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel

from nerret_tools.documents import FailedDocument
from nerret_tools.lab.evaluation.report import CoverageReport, TypeReport


class Estimate(BaseModel):
    """A mean over types with its 95% bootstrap interval; ``None`` with fewer than two types."""

    mean: float
    low: float | None = None
    high: float | None = None


class SystemStudy(BaseModel):
    """One way to rank the documents.

    Attributes:
        name: ``nerret, detected spans``, ``nerret, gold spans``, or a baseline's name.
        r_precision: Macro over types.
        precision_at_50: Macro over types.
        precision_at_200: Macro over types.
        recall: Macro recall at the list lengths of `SetStudy.recall_lengths`.
        types: Every type by itself.
    """

    name: str
    r_precision: Estimate
    precision_at_50: Estimate
    precision_at_200: Estimate
    recall: list[float]
    types: list[TypeReport]


class Comparison(BaseModel):
    """R-Precision of a system against the best baseline's, type by type.

    Attributes:
        system: The system's name.
        baseline: The baseline with the highest macro R-Precision.
        difference: Of the system over the baseline.
        p: Of the two-sided Wilcoxon signed-rank test.
    """

    system: str
    baseline: str
    difference: Estimate
    p: float


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


class CoveragePoint(BaseModel):
    """R-Precision with a part of the gold spans taken away.

    Attributes:
        kept: Share of the gold spans that stayed.
        r_precision: Macro over types, all relevant documents counted as before.
    """

    kept: float
    r_precision: Estimate


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


class CalibrationStudy(BaseModel):
    """Is relevance a probability, and does the default cut-off stop at the right place?

    Attributes:
        bins: All types together.
        ece_pooled: Expected calibration error of those bins.
        ece_macro: The same for each type by itself, averaged.
        listed: Pairs over the default cut-off.
        listed_relevance: Their mean relevance.
        listed_precision: Share of them that is relevant.
        precision: At the default cut-off, macro over types; so are the next two.
        recall: See ``precision``.
        f1: See ``precision``.
        best_single_cutoff: The relevance that would have been the best cut-off for all types.
        best_single_f1: Macro F1 there.
        best_type_f1: Macro F1 with the best cut-off for each type by itself.
    """

    bins: list[Bin]
    ece_pooled: float
    ece_macro: float
    listed: int
    listed_relevance: float | None
    listed_precision: float | None
    precision: float
    recall: float
    f1: float
    best_single_cutoff: float
    best_single_f1: float
    best_type_f1: float


class Fault(StrEnum):
    """Whose fault it is that a relevant document is missing."""

    DETECTOR = "detector"
    RANKER = "ranker"
    CUT_OFF = "cut-off"


class MissedExample(BaseModel):
    """A relevant document that is missing, around its entity.

    Attributes:
        document_id: The document's id.
        before: Text before the entity.
        entity: The marked entity.
        after: Text after it.
        fault: Whose fault it is.
        place: The document's place in the ranking, from 1; ``None``: it has no mention at all.
        relevance: The document's; 0 without a mention.
    """

    document_id: str
    before: str
    entity: str
    after: str
    fault: Fault
    place: int | None
    relevance: float


class WrongExample(BaseModel):
    """A wrong document high in the ranking, around the mention that brought it there.

    Attributes:
        document_id: The document's id.
        before: Text before the mention.
        mention: The mention with the best score.
        after: Text after it.
        marked_as: Labels of marked entities that the mention overlaps.
        place: From 1.
        relevance: The document's.
    """

    document_id: str
    before: str
    mention: str
    after: str
    marked_as: list[str]
    place: int
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
    missed: list[MissedExample] = []
    wrong: list[WrongExample] = []


class SetStudy(BaseModel):
    """Everything about one labelled set.

    Attributes:
        name: How the page calls the set.
        folder: Where its figures lie, inside the report's folder.
        model: Name of the model.
        fingerprint: What exactly the index was built with.
        precision: Number format of the backbone.
        limit_documents: Only this many documents were read; ``None``: all.
        documents: Documents in the data.
        mentions: System → mentions in its index.
        left_out: Labels that no document carries.
        failed: Documents that could not be indexed, with either kind of spans.
        systems: nerret with detected and with gold spans, then the baselines.
        comparisons: nerret's two systems against the best baseline.
        ablations: On gold spans.
        coverage: Of the detector.
        sensitivity: From all gold spans to the fewest.
        calibration: With detected spans.
        faults: Every type, the worst R-Precision first.
        recall_lengths: List lengths, in multiples of the number of relevant documents.
        figures: File names inside ``folder``: ``recall``, ``types``, ``reliability``, ``mentions``.
        missing_figures: Why a figure is missing.
        seconds: Stage → wall time; ``all`` is that of the set.
    """

    name: str
    folder: str
    model: str
    fingerprint: str
    precision: str
    limit_documents: int | None
    documents: int
    mentions: dict[str, int]
    left_out: list[str]
    failed: list[FailedDocument]
    systems: list[SystemStudy]
    comparisons: list[Comparison]
    ablations: list[Ablation]
    coverage: CoverageReport
    sensitivity: list[CoveragePoint]
    calibration: CalibrationStudy
    faults: list[TypeFaults]
    recall_lengths: list[float]
    figures: dict[str, str] = {}
    missing_figures: dict[str, str] = {}
    seconds: dict[str, float] = {}


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


class AmbiguousStudy(BaseModel):
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


class Study(BaseModel):
    """The whole report: any number of labelled sets, and the ambiguous names."""

    sets: list[SetStudy]
    ambiguous: AmbiguousStudy
