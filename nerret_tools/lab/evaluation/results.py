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
    """One system's ranking for one type; the last four only of a system that has a default cut-off."""

    label: str  # the label in the data
    description: str  # the entity type that was asked for
    relevant: int  # documents with at least one entity of it
    r_precision: float  # precision in the first `relevant` places
    precision_at_50: float  # precision in the first 50 places
    precision_at_200: float  # precision in the first 200 places
    returned: int | None = None  # documents over the default cut-off
    precision: float | None = None  # share of those that are relevant
    recall: float | None = None  # share of the relevant documents that were returned
    f1: float | None = None  # harmonic mean of the two


class SystemReport(BaseModel):
    """One way to rank the documents; means are over types, each counting the same."""

    name: str  # see `SpanSource.system`, or a baseline's name
    r_precision: Estimate  # with its interval, as the next two
    precision_at_50: Estimate  # see `TypeReport`
    precision_at_200: Estimate  # see `TypeReport`
    precision: float | None  # at the default cut-off, as the next two
    recall: float | None  # see `TypeReport`
    f1: float | None  # see `TypeReport`
    recall_curve: list[float]  # recall at the list lengths of `scoring.RECALL_LENGTHS`
    types: list[TypeReport]  # every type by itself


class Comparison(BaseModel):
    """R-Precision of a system against that of the best baseline, type by type."""

    system: str  # the system's name
    baseline: str  # the baseline with the highest macro R-Precision
    difference: Estimate  # of the system over the baseline
    p: float  # of the two-sided Wilcoxon signed-rank test
    types: int  # how many were compared


class Ablation(BaseModel):
    """One representation in place of the shipped one, on gold spans."""

    name: str  # what is compared with the type
    projected: bool  # whether a trained projection is in it; all others are raw, centred cosines
    r_precision: Estimate  # macro over types
    types: dict[str, float]  # label → R-Precision


class CoverageReport(BaseModel):
    """Gold spans that a predicted span matches, evaluated type or not."""

    gold_spans: int  # marked spans, each once
    matched: int  # those with a predicted span of character Jaccard over 0.8
    predicted_spans: int  # spans that the detector found
    coverage: float  # `matched / gold_spans`
    predicted_per_document: float  # predicted spans a document
    predicted_per_gold: float  # predicted spans a gold span


class CoveragePoint(BaseModel):
    """R-Precision where only this share of the gold spans was kept; relevant documents count as before."""

    kept: float
    r_precision: Estimate


class PassagePoint(BaseModel):
    """The same sentences, so many joined to one document."""

    sentences: int  # in each document
    documents: int  # how many they make
    r_precision: Estimate  # macro over types; a document is relevant that has one relevant sentence
    recall: float  # macro over types: share of the relevant sentences that a mention over the default cut-off lies in


class FamiliarityRow(BaseModel):
    """Types by what the training had of them."""

    group: str  # `wording`, `head noun` or `neither`, see `familiarity`
    types: int  # how many
    r_precision: dict[str, Estimate]  # system → macro over these types


class Bin(BaseModel):
    """Pairs of type and document whose relevance lies in ``[low, high)``, 1 in the last bin."""

    low: float  # lowest relevance
    high: float  # highest relevance
    pairs: int  # how many
    mean_relevance: float | None = None  # what was promised; `None` in an empty bin
    share_relevant: float | None = None  # what was true; `None` in an empty bin


class CalibrationReport(BaseModel):
    """Is relevance a probability, and does the default cut-off stop at the right place?"""

    bins: list[Bin]  # all types together
    ece_pooled: float  # expected calibration error of those bins
    ece_macro: float  # the same for each type by itself, averaged
    listed: Bin  # over the default cut-off, all types together
    likely: Bin  # with a relevance of at least `LIKELY`, all types together
    length: float  # median over types of the default list's length over the number of relevant documents
    best_single_cutoff: float  # the relevance that would have been the best cut-off for all types
    best_single_f1: float  # macro F1 there
    best_type_f1: float  # macro F1 with the best cut-off for each type by itself
    f1_share: float  # mean over types of the F1 at the default over the type's best
    recall: float  # mean over types of the recall that is reached where `answers.RECALL` is asked for
    recall_met: float  # share of the types that reach at least that


class Fault(StrEnum):
    """Whose fault it is that a relevant document is missing."""

    DETECTOR = "detector"
    RANKER = "ranker"
    CUT_OFF = "cut-off"


class Example(BaseModel):
    """A relevant document that is missing, or a wrong one high in the ranking."""

    document_id: str  # the document's id
    before: str  # text before the name
    name: str  # the marked entity that is missing, or the mention that brought the wrong document there
    after: str  # text after it
    fault: Fault | None  # whose fault it is that the document is missing; `None`: it is a wrong one
    marked_as: list[str] = []  # labels of the marked entities that a wrong document's mention overlaps
    place: int | None  # in the ranking, from 1; `None`: the document has no mention at all
    relevance: float  # the document's; 0 without a mention


class TypeFaults(BaseModel):
    """Where the relevant documents of a type got lost, with detected spans."""

    label: str  # the label in the data
    description: str  # the entity type that was asked for
    relevant: int  # relevant documents
    coverage: float  # share of the type's marked entities that a detected span covers
    found: int  # documents in the first `relevant` places and over the default cut-off
    detector: int  # below those places, and no detected span covers an entity of the type
    ranker: int  # below those places although one is covered
    cut_off: int  # in the first `relevant` places, but under the default cut-off
    missed: list[Example] = []  # examples; only for the types that are explained
    wrong: list[Example] = []  # examples; only for the types that are explained


class SetReport(BaseModel):
    """Everything that was measured on one labelled set."""

    name: str = ""  # how reports call the set
    folder: str = ""  # where its figures lie, inside the report's folder
    model: str = ""  # name of the model
    fingerprint: str = ""  # what exactly the index was built with
    precision: str = ""  # number format of the backbone
    limit_documents: int | None = None  # only this many documents were read; `None`: all
    documents: int  # documents in the data
    mentions: dict[str, int] = {}  # system → mentions in its index
    left_out: list[str]  # labels that no document carries, and so are in no figure
    failed: list[FailedDocument] = []  # documents that could not be indexed; they count as not found
    # nerret with each kind of spans that was asked for, detected ones first, then the baselines:
    systems: list[SystemReport] = []
    comparisons: list[Comparison] = []  # nerret against the best baseline; empty without one
    coverage: CoverageReport | None = None  # only with detected spans
    seconds: dict[str, float] = {}  # stage → wall time; `all` is that of the set
    calibration: CalibrationReport | None = None  # of detected spans; this and all below only in the whole evaluation
    ablations: list[Ablation] = []  # on gold spans
    sensitivity: list[CoveragePoint] = []  # from all gold spans to the fewest
    passages: list[PassagePoint] = []  # sentences by themselves and joined
    familiarity: list[FamiliarityRow] = []  # empty where nobody said what the training had
    faults: list[TypeFaults] = []  # every type, the worst R-Precision first
    figures: dict[str, str] = {}  # file names inside `folder`: `recall`, `types`, `reliability`, `mentions`
    missing_figures: dict[str, str] = {}  # why a figure is missing


class NameReport(BaseModel):
    """One ambiguous name."""

    name: str  # the name, in lower case
    senses: list[str]  # the types it is used for
    pairs: int  # pairs of a document with the type asked for and one with another type of the name
    accuracy: dict[str, float]  # system → share of the pairs in which the right document ranks higher


class AmbiguousReport(BaseModel):
    """Names with several types, in the sentences that come with the package."""

    model: str  # name of the model
    fingerprint: str  # what exactly the index was built with
    documents: int  # sentences
    types: int  # types that are asked for
    r_precision: dict[str, Estimate]  # system → macro over types
    accuracy: dict[str, float]  # system → mean of the names' accuracies
    names: list[NameReport]  # every name by itself


class Report(BaseModel):
    """The whole report: any number of labelled sets, and the ambiguous names."""

    sets: list[SetReport]
    ambiguous: AmbiguousReport
