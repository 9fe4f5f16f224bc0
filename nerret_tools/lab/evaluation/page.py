"""The page: all results in plain English, written from them and never by hand."""

from __future__ import annotations

import os
from pathlib import Path

from nerret_tools.lab.evaluation.calibration import LIKELY
from nerret_tools.lab.evaluation.coverage import JACCARD_THRESHOLD
from nerret_tools.lab.evaluation.markdown import escape, figure, interval, paragraph, picture, table
from nerret_tools.lab.evaluation.passages import SENTENCES
from nerret_tools.lab.evaluation.results import (
    AmbiguousReport,
    CalibrationReport,
    Example,
    Fault,
    Report,
    SetReport,
    SpanSource,
    TypeFaults,
)

LABELS_NAMED = 10  # labels without documents; the others are only counted

_INTRODUCTION = """\
# Evaluation

`nerret evaluate … --report` measured this and wrote this page; every number, type by type, is in `{results}`.
"""

_READING = """\
- **R-Precision**: of the first R documents of a ranking, the share that is right, where R is the number of relevant
  documents of the type. All means are over types, each counting the same.
- **Intervals** in brackets hold the mean with 95% confidence if other types of the same kind had been asked for
  (percentile bootstrap, types resampled). **p** is that of a two-sided Wilcoxon signed-rank test over types.
- **Detected spans**: the model finds the mentions itself, as for a user. **Gold spans**: it is given the marked ones.
- **dense** ranks by one sentence embedding a document, from the same backbone as its authors publish it; **bm25** by
  the words of the type's description. Both rank the same documents.
"""


_BLAME = {
    Fault.DETECTOR: "not detected",
    Fault.RANKER: "detected, ranked too low",
    Fault.CUT_OFF: "ranked well, under the cut-off",
}

_GROUPS = {
    "wording": "this very wording",
    "head noun": "another type with the same head noun",
    "neither": "neither",
}


def write_page(report: Report, *, figures: Path, page: Path) -> str:
    """Write the page.

    Args:
        report: All results.
        figures: The report's folder.
        page: Where the page will lie; links are relative to it.
    """
    base = Path(os.path.relpath(figures.resolve(), page.resolve().parent))
    parts = [_INTRODUCTION.format(results=(base / "report.json").as_posix())]
    models = {(one.model, one.fingerprint) for one in report.sets}
    if models != {(report.ambiguous.model, report.ambiguous.fingerprint)}:
        parts.append("**The sets were measured with different models** (see each); run the older ones again.")
    parts += [_summary(report), _READING]
    for one in report.sets:
        parts += _set_sections(one, base / one.folder)
    parts.append(_ambiguous(report.ambiguous))
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _summary(report: Report) -> str:
    rows = []
    for one in report.sets:
        means = {system.name: system.r_precision.mean for system in one.systems}
        likely = _calibrated(one).likely
        said = "" if likely.mean_relevance is None else f"{likely.mean_relevance:.2f} / {likely.share_relevant:.2f}"
        rows.append(
            [
                escape(one.name),
                f"{one.documents:,}",
                str(len(one.systems[0].types)),
                *map(figure, (means["bm25"], means["dense"])),
                f"**{figure(means[SpanSource.DETECTED.system])}**",
                figure(means[SpanSource.GOLD.system]),
                "" if one.coverage is None else figure(one.coverage.coverage),
                figure(_calibrated(one).f1_share),
                figure(_calibrated(one).length),
                said,
            ]
        )
    headings = ("R-Precision", "documents", "types", "BM25", "dense", "nerret, detected", "nerret, gold", "coverage")
    list_headings = ("F1 at the cut-off, share of each type's best", "list ÷ truth (median)")
    return table((*headings, *list_headings, f"over {LIKELY}: said / true"), rows)


def _set_sections(one: SetReport, folder: Path) -> list[str]:
    return [
        f"## {escape(one.name)}",
        _provenance(one),
        _rankings(one),
        picture("Recall over the length of the list, for each system", _link(folder, one.figures["recall"])),
        _ablations(one),
        _detection(one),
        _passages(one),
        _calibration(_calibrated(one)),
        picture("Share of relevant documents over promised relevance", _link(folder, one.figures["reliability"])),
        _types(one),
        picture("R-Precision of every type and system", _link(folder, one.figures["types"])),
        _familiarity(one),
        _explain_types(one),
        _map(one, folder),
    ]


def _link(folder: Path, name: str) -> str:
    return (folder / name).as_posix()


def _provenance(one: SetReport) -> str:
    beginning = f"the first {one.limit_documents:,} documents only, " if one.limit_documents else ""
    sentences = [
        f"{one.documents:,} documents ({beginning}{len(one.systems[0].types)} types asked for), model {one.model}, "
        f"fingerprint `{one.fingerprint}`, {one.precision}; the run took {one.seconds['all'] / 60:.1f} minutes."
    ]
    if one.left_out:
        labels = ", ".join(map(escape, one.left_out[:LABELS_NAMED]))
        more = f" and {len(one.left_out) - LABELS_NAMED} more" if len(one.left_out) > LABELS_NAMED else ""
        sentences.append(f"Left out, because no document has them: {labels}{more}.")
    if one.failed:
        sentences.append(
            f"{len(one.failed)} times a document could not be indexed; it counts as not found. "
            f"The first: {escape(one.failed[0].id or '?')}: {escape(one.failed[0].reason)}."
        )
    return paragraph(" ".join(sentences))


def _rankings(one: SetReport) -> str:
    rows = [
        [system.name, *map(interval, (system.r_precision, system.precision_at_50, system.precision_at_200))]
        for system in one.systems
    ]
    sentences = [
        f"{entry.system}, against {entry.baseline}, the best baseline: {_signed(entry.difference.mean)} "
        f"{_signed_interval(entry.difference.low, entry.difference.high)}, p = {entry.p:.2g}."
        for entry in one.comparisons
    ]
    for depth in (50, 200):
        small = sum(row.relevant < depth for row in one.systems[0].types)
        if small:
            sentences.append(
                f"{small} types have fewer than {depth} relevant documents and cannot reach P@{depth} = 1."
            )
    grid = table(("tables 2 and 3", "R-Precision", "P@50", "P@200"), rows)
    return f"### Ranking\n\n{grid}\n\n{paragraph(' '.join(sentences))}"


def _ablations(one: SetReport) -> str:
    rows = [[row.name, "trained" if row.projected else "none", interval(row.r_precision)] for row in one.ablations]
    grid = table(("table 4, gold spans", "projection", "R-Precision"), rows)
    return f"""### What each part is worth

{grid}

No projection was trained for the rows with “none”: they compare representations as they come out of the transformer,
centred, with the type's description read in the same way; a document counts with its best mention, or with its one
token."""


def _detection(one: SetReport) -> str:
    spans = one.coverage
    if spans is None:
        return ""
    rows = [[f"{point.kept:.2f} of the gold spans", interval(point.r_precision)] for point in one.sensitivity]
    rows.append([f"detected spans (coverage {spans.coverage:.2f})", interval(one.systems[0].r_precision)])
    sentences = f"""The detector covers {spans.coverage:.3f} of the marked spans ({spans.matched:,} of
        {spans.gold_spans:,}; covered: some detected span has a character Jaccard over {JACCARD_THRESHOLD} with it),
        with {spans.predicted_per_gold:.2f} detected spans for each marked one, {spans.predicted_per_document:.2f} a
        document. What a lower coverage costs, with gold spans taken away at random:"""
    return f"### Detection\n\n{paragraph(sentences)}\n\n{table(('table 5', 'R-Precision'), rows)}"


def _passages(one: SetReport) -> str:
    if not one.passages:
        return ""
    rows = [
        [str(point.sentences), f"{point.documents:,}", interval(point.r_precision), figure(point.recall)]
        for point in one.passages
    ]
    sentences = f"""The same sentences (a draw of at most {SENTENCES:,}), by themselves and joined. A passage is
        relevant that has one relevant sentence, so longer ones are easier to rank; recall is the share of the relevant
        sentences that a mention over the default cut-off lies in, so it should not fall."""
    grid = table(("sentences a document", "documents", "R-Precision", "recall"), rows)
    return f"### Sentences and passages\n\n{paragraph(sentences)}\n\n{grid}"


def _calibrated(one: SetReport) -> CalibrationReport:
    if one.calibration is None:
        raise ValueError(f"set {one.name} was not evaluated as a whole")
    return one.calibration


def _calibration(figures: CalibrationReport) -> str:
    error = f"""Expected calibration error over all pairs of a type and a document, in {len(figures.bins)} bins of equal
        width: {figures.ece_macro:.3f} as the mean over types, {figures.ece_pooled:.3f} with all types in the same bins.
        A document without a mention has relevance 0. Most pairs are plainly irrelevant and promised so, which makes
        that easy; this is what was promised and is true of the pairs that somebody would look at:"""
    looked_at = [("over the default cut-off", figures.listed), (f"relevance of {LIKELY} or more", figures.likely)]
    pairs = [
        [name, f"{one.pairs:,}", figure(one.mean_relevance), figure(one.share_relevant)] for name, one in looked_at
    ]
    rows = [
        [f"the best one for all types (relevance {figures.best_single_cutoff:.2f})", figure(figures.best_single_f1)],
        ["the best one for each type", figure(figures.best_type_f1)],
    ]
    grid = table(("list every document with at least …", "F1, mean over types"), rows)
    default = f"""The default list reaches {figures.f1_share:.2f} of the best F1 that a cut-off could give, in the mean
        over types; its length is {figures.length:.1f} times the number of relevant documents (median over types)."""
    parts = [paragraph(error), table(("pairs", "number", "said", "true"), pairs), grid, paragraph(default)]
    return "\n\n".join(["### Calibration and the default cut-off", *parts])


def _types(one: SetReport) -> str:
    systems = {system.name: {row.label: row for row in system.types} for system in one.systems}
    detected, gold, *baselines = one.systems
    rows = []
    for faults in reversed(one.faults):
        ours = systems[detected.name][faults.label]
        rows.append(
            [
                escape(faults.description),
                str(faults.relevant),
                *(figure(systems[system.name][faults.label].r_precision) for system in (detected, gold, *baselines)),
                figure(faults.coverage),
                *map(str, (faults.found, faults.detector, faults.ranker, faults.cut_off)),
                figure(ours.precision),
                figure(ours.recall),
            ]
        )
    headings = ["type", "R", "detected", "gold", *(baseline.name for baseline in baselines), "coverage"]
    headings += ["found", "detector", "ranker", "cut-off", "precision", "recall"]
    detector, ranker, cut_off = (
        sum(getattr(row, name) for row in one.faults) for name in ("detector", "ranker", "cut_off")
    )
    sentences = f"""R: relevant documents. The next {len(one.systems)} columns are R-Precision. A relevant document is
        *found* when it is in the first R places and over the default cut-off. Otherwise it is missing, by the fault of
        the *detector* (it is below place R, and no detected span covers an entity of the type), the *ranker* (below
        place R although one is covered) or the *cut-off* (in the first R places, but not listed by default):
        {detector:,}, {ranker:,} and {cut_off:,} documents, all types together. Precision and recall are those of the
        default list."""
    return f"### Every type\n\n{table(headings, rows)}\n\n{paragraph(sentences)}"


def _familiarity(one: SetReport) -> str:
    if not one.familiarity:
        return ""
    systems = list(one.familiarity[0].r_precision)
    rows = [
        [_GROUPS[row.group], str(row.types), *(interval(row.r_precision[system]) for system in systems)]
        for row in one.familiarity
    ]
    return f"### Types that the training had\n\n{table(('the training had', 'types', *systems), rows)}"


def _explain_types(one: SetReport) -> str:
    """The types that carry examples, the worst first."""
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
        parts.append("\n".join(map(_example, (*faults.missed, *faults.wrong))))
    return "\n\n".join(parts)


def _verdict(faults: TypeFaults) -> str:
    return (
        f"{faults.found} of {faults.relevant} found; missing by the fault of the detector {faults.detector}, "
        f"the ranker {faults.ranker}, the cut-off {faults.cut_off}."
    )


def _example(one: Example) -> str:
    place = "it has no mention" if one.place is None else f"place {one.place:,}"
    if one.fault is None:
        marked = "marked as " + ", ".join(map(escape, one.marked_as)) if one.marked_as else "not marked"
        verdict = f"wrong, {place} (relevance {figure(one.relevance)}, {marked})"
    else:
        verdict = f"missing, {_BLAME[one.fault]} ({place}, relevance {figure(one.relevance)})"
    before = escape(one.before) + (" " if one.before.endswith(" ") else "")
    after = (" " if one.after.startswith(" ") else "") + escape(one.after)
    return f"- {verdict}, {escape(one.document_id)}: “{before}**{escape(one.name)}**{after}”"


def _map(one: SetReport, folder: Path) -> str:
    if "mentions" not in one.figures:
        return f"### A map of the mentions\n\nNot drawn: {escape(one.missing_figures['mentions'])}."
    description = picture(
        "Mentions by type, at the tap and as the index keeps them", _link(folder, one.figures["mentions"])
    )
    return f"""### A map of the mentions

Marked mentions of the most frequent types, a seeded sample, laid out by UMAP: dots that are near each other have
similar vectors.

{description}"""


def _ambiguous(report: AmbiguousReport) -> str:
    systems = list(report.accuracy)
    rows = [
        [escape(name.name), ", ".join(map(escape, name.senses)), str(name.pairs)]
        + [figure(name.accuracy[system]) for system in systems]
        for name in report.names
    ]
    rows.append(["**all names**", "", str(sum(name.pairs for name in report.names))])
    rows[-1] += [f"**{figure(report.accuracy[system])}**" for system in systems]
    grid = table(("name", "types", "pairs", *systems), rows)
    quality = table(("system", "R-Precision"), [[name, interval(value)] for name, value in report.r_precision.items()])
    sentences = f"""{report.documents} sentences written for this package (`nerret_tools/lab/evaluation/ambiguous`), in
        which names such as Mercury stand for different types; model {report.model}, fingerprint
        `{report.fingerprint}`. How often a document with the type asked for ranks above one in which the same name
        has another type (0.5 is chance):"""
    return f"""## Ambiguous names

{paragraph(sentences)}

{grid}

R-Precision over the {report.types} types of these sentences:

{quality}"""


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\u2212")


def _signed_interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"({_signed(low)} to {_signed(high)})"
