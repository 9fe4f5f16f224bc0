"""From rankings to a system's report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.metrics import cut_off_scores, macro, precision_at, r_precision
from nerret_tools.lab.evaluation.report import MacroReport, SignificanceReport, SystemReport, TypeReport
from nerret_tools.lab.evaluation.significance import wilcoxon_p


def score_system(
    name: str,
    data: LabelledData,
    rankings: Mapping[str, Sequence[str]],
    returned: Mapping[str, int] | None = None,
) -> SystemReport:
    """Score one system.

    Args:
        name: How the report calls it.
        data: What is right.
        rankings: Label → document ids, best first.
        returned: Label → length of the ranking's beginning that the default cut-off keeps.
    """
    types = []
    for label, description in data.types.items():
        ranking, relevant = rankings[label], data.relevant[label]
        report = TypeReport(
            label=label,
            description=description,
            relevant=len(relevant),
            r_precision=r_precision(ranking, relevant),
            precision_at_50=precision_at(ranking, relevant, 50),
            precision_at_200=precision_at(ranking, relevant, 200),
        )
        if returned is not None:
            report.returned = returned[label]
            report.precision, report.recall, report.f1 = cut_off_scores(ranking[: returned[label]], relevant)
        types.append(report)
    return SystemReport(name=name, macro=_macro(types), types=types)


def compare_with_best(system: SystemReport, baselines: Sequence[SystemReport]) -> SignificanceReport | None:
    """Test a system against the baseline with the highest macro R-Precision; ``None`` without one.

    Raises:
        MissingExtraError: SciPy is not installed.
    """
    if not baselines:
        return None
    best = max(baselines, key=lambda baseline: baseline.macro.r_precision)
    ours = [report.r_precision for report in system.types]
    theirs = [report.r_precision for report in best.types]
    return SignificanceReport(baseline=best.name, p=wilcoxon_p(ours, theirs), types=len(ours))


def _macro(types: Sequence[TypeReport]) -> MacroReport:
    def mean_of(field: str) -> float | None:
        values = [getattr(report, field) for report in types]
        return None if None in values else macro(values)

    return MacroReport(
        r_precision=macro(report.r_precision for report in types),
        precision_at_50=macro(report.precision_at_50 for report in types),
        precision_at_200=macro(report.precision_at_200 for report in types),
        precision=mean_of("precision"),
        recall=mean_of("recall"),
        f1=mean_of("f1"),
    )
