"""What an evaluation says, as data."""

from __future__ import annotations

from pydantic import BaseModel

from nerret_tools.documents import FailedDocument


class TypeReport(BaseModel):
    """One system's ranking for one type.

    The four ``None``-able fields are there for the system that has a default cut-off.

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


class MacroReport(BaseModel):
    """Means over types, each type counting the same. See `TypeReport`."""

    r_precision: float
    precision_at_50: float
    precision_at_200: float
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None


class SystemReport(BaseModel):
    """One system on all types: ``nerret``, or a baseline's name."""

    name: str
    macro: MacroReport
    types: list[TypeReport]


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


class SignificanceReport(BaseModel):
    """Two-sided Wilcoxon signed-rank test of R-Precision over types, against the best baseline."""

    baseline: str
    p: float
    types: int


class EvaluationReport(BaseModel):
    """All figures of one evaluation.

    Attributes:
        model: Name of the model.
        fingerprint: What exactly the index was built with.
        spans: ``gold`` or ``detected``.
        documents: Documents in the data.
        mentions: Mentions in the index.
        failed: Documents that could not be indexed; they count as not found.
        left_out: Labels that no document carries, and so are in no figure.
        index_seconds: Wall time of adding the documents.
        find_seconds: Wall time of all the types' rankings.
        systems: ``nerret`` first, then the baselines as asked for.
        coverage: Only with detected spans.
        significance: Only with a baseline.
    """

    model: str
    fingerprint: str
    spans: str
    documents: int
    mentions: int
    failed: list[FailedDocument]
    left_out: list[str]
    index_seconds: float
    find_seconds: float
    systems: list[SystemReport]
    coverage: CoverageReport | None = None
    significance: SignificanceReport | None = None
