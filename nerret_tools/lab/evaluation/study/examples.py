"""The worst types explained by examples."""

from __future__ import annotations

from nerret_tools.lab.evaluation.study.markdown import escape, figure, paragraph
from nerret_tools.lab.evaluation.study.results import Fault, MissedExample, SetStudy, TypeFaults, WrongExample

_BLAME = {
    Fault.DETECTOR: "not detected",
    Fault.RANKER: "detected, ranked too low",
    Fault.CUT_OFF: "ranked well, under the cut-off",
}


def explain_types(one: SetStudy) -> str:
    """A section on the types that carry examples, the worst first."""
    explained = [faults for faults in one.faults if faults.missed or faults.wrong]
    if not explained:
        return ""
    scores = {row.label: row.r_precision for row in one.systems[0].types}
    parts = [
        f"### The worst {len(explained)} types" if len(explained) > 1 else "### The worst type",
        paragraph(
            "Missing documents are a seeded random choice for each fault; wrong ones are the first in the ranking, "
            "with the mention that brought them there in bold and the labels that it is marked with. "
            f"The documents are those of {escape(one.name)}."
        ),
    ]
    for faults in explained:
        parts.append(f"**{escape(faults.description)}** (R-Precision {scores[faults.label]:.2f}): {_verdict(faults)}")
        parts.append("\n".join([*map(_missed, faults.missed), *map(_wrong, faults.wrong)]))
    return "\n\n".join(parts)


def _verdict(faults: TypeFaults) -> str:
    return (
        f"{faults.found} of {faults.relevant} found; missing by the fault of the detector {faults.detector}, "
        f"the ranker {faults.ranker}, the cut-off {faults.cut_off}."
    )


def _missed(example: MissedExample) -> str:
    place = "it has no mention" if example.place is None else f"place {example.place:,}"
    return (
        f"- missing, {_BLAME[example.fault]} ({place}, relevance {figure(example.relevance)}), "
        f"{escape(example.document_id)}: “{_excerpt(example.before, example.entity, example.after)}”"
    )


def _wrong(example: WrongExample) -> str:
    marked = "marked as " + ", ".join(map(escape, example.marked_as)) if example.marked_as else "not marked"
    return (
        f"- wrong, place {example.place:,} (relevance {figure(example.relevance)}, {marked}), "
        f"{escape(example.document_id)}: “{_excerpt(example.before, example.mention, example.after)}”"
    )


def _excerpt(before: str, inside: str, after: str) -> str:
    parts = (escape(before), f"**{escape(inside)}**", escape(after))
    gaps = (" " if before.endswith(" ") else "", " " if after.startswith(" ") else "")
    return f"{parts[0]}{gaps[0]}{parts[1]}{gaps[1]}{parts[2]}"
