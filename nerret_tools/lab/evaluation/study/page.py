"""The page: all results in plain English, written from them and never by hand."""

from __future__ import annotations

import os
from pathlib import Path

from nerret_tools.lab.evaluation.coverage import JACCARD_THRESHOLD
from nerret_tools.lab.evaluation.study.examples import explain_types
from nerret_tools.lab.evaluation.study.markdown import escape, figure, interval, paragraph, picture, table
from nerret_tools.lab.evaluation.study.results import AmbiguousStudy, SetStudy, Study

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


def write_page(study: Study, *, figures: Path, page: Path) -> str:
    """Write the page.

    Args:
        study: All results.
        figures: The report's folder.
        page: Where the page will lie; links are relative to it.
    """
    base = Path(os.path.relpath(figures.resolve(), page.resolve().parent))
    parts = [_INTRODUCTION.format(results=(base / "report.json").as_posix())]
    models = {(one.model, one.fingerprint) for one in study.sets}
    if models != {(study.ambiguous.model, study.ambiguous.fingerprint)}:
        parts.append("**The sets were measured with different models** (see each); run the older ones again.")
    parts += [_summary(study), _READING]
    for one in study.sets:
        parts += _set_sections(one, base / one.folder)
    parts.append(_ambiguous(study.ambiguous))
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _summary(study: Study) -> str:
    rows = []
    for one in study.sets:
        detected, gold, *baselines = one.systems
        by_name = {baseline.name: figure(baseline.r_precision.mean) for baseline in baselines}
        rows.append(
            [
                escape(one.name),
                f"{one.documents:,}",
                str(len(detected.types)),
                by_name["bm25"],
                by_name["dense"],
                f"**{figure(detected.r_precision.mean)}**",
                figure(gold.r_precision.mean),
                figure(one.coverage.coverage),
                f"{figure(one.calibration.f1)} of {figure(one.calibration.best_single_f1)}",
                figure(one.calibration.ece_macro),
            ]
        )
    headings = ("R-Precision", "documents", "types", "BM25", "dense", "nerret, detected", "nerret, gold")
    return table((*headings, "coverage", "F1 at the cut-off, of the best", "calibration error"), rows)


def _set_sections(one: SetStudy, folder: Path) -> list[str]:
    return [
        f"## {escape(one.name)}",
        _provenance(one),
        _rankings(one),
        picture("Recall over the length of the list, for each system", _link(folder, one.figures["recall"])),
        _ablations(one),
        _detection(one),
        _calibration(one),
        picture("Share of relevant documents over promised relevance", _link(folder, one.figures["reliability"])),
        _types(one),
        picture("R-Precision of every type and system", _link(folder, one.figures["types"])),
        explain_types(one),
        _map(one, folder),
    ]


def _link(folder: Path, name: str) -> str:
    return (folder / name).as_posix()


def _provenance(one: SetStudy) -> str:
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


def _rankings(one: SetStudy) -> str:
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


def _ablations(one: SetStudy) -> str:
    rows = [[row.name, "trained" if row.projected else "none", interval(row.r_precision)] for row in one.ablations]
    grid = table(("table 4, gold spans", "projection", "R-Precision"), rows)
    return f"""### What each part is worth

{grid}

No projection was trained for the rows with “none”: they compare representations as they come out of the transformer,
centred, with the type's description read in the same way; a document counts with its best mention, or with its one
token."""


def _detection(one: SetStudy) -> str:
    spans = one.coverage
    rows = [[f"{point.kept:.2f} of the gold spans", interval(point.r_precision)] for point in one.sensitivity]
    rows.append([f"detected spans (coverage {spans.coverage:.2f})", interval(one.systems[0].r_precision)])
    sentences = f"""The detector covers {spans.coverage:.3f} of the marked spans ({spans.matched:,} of
        {spans.gold_spans:,}; covered: some detected span has a character Jaccard over {JACCARD_THRESHOLD} with it),
        with {spans.predicted_per_gold:.2f} detected spans for each marked one, {spans.predicted_per_document:.2f} a
        document. What a lower coverage costs, with gold spans taken away at random:"""
    return f"### Detection\n\n{paragraph(sentences)}\n\n{table(('table 5', 'R-Precision'), rows)}"


def _calibration(one: SetStudy) -> str:
    figures = one.calibration
    error = f"""Expected calibration error over all pairs of a type and a document, in {len(figures.bins)} bins of equal
        width: {figures.ece_macro:.3f} as the mean over types, {figures.ece_pooled:.3f} with all types in the same bins.
        A document without a mention has relevance 0."""
    if figures.listed_relevance is not None and figures.listed_precision is not None:
        error += f""" Most pairs are plainly irrelevant and promised so, which makes that easy; of the
        {figures.listed:,} pairs over the default cut-off, {figures.listed_relevance:.2f} were promised and
        {figures.listed_precision:.2f} are true."""
    rows = [
        ["default cut-off", figure(figures.f1)],
        [f"the best one for all types (relevance {figures.best_single_cutoff:.2f})", figure(figures.best_single_f1)],
        ["the best one for each type", figure(figures.best_type_f1)],
    ]
    grid = table(("list every document with at least …", "F1, mean over types"), rows)
    default = f"""The default reaches {_share(figures.f1, figures.best_single_f1)} of the best that one cut-off could
        give and {_share(figures.f1, figures.best_type_f1)} of the best with a cut-off for each type. At the default,
        precision is {figures.precision:.2f} and recall {figures.recall:.2f}, means over types."""
    return "\n\n".join(["### Calibration and the default cut-off", paragraph(error), grid, paragraph(default)])


def _types(one: SetStudy) -> str:
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


def _map(one: SetStudy, folder: Path) -> str:
    if "mentions" not in one.figures:
        return f"### A map of the mentions\n\nNot drawn: {escape(one.missing_figures['mentions'])}."
    description = picture(
        "Mentions by type, at the tap and as the index keeps them", _link(folder, one.figures["mentions"])
    )
    return f"""### A map of the mentions

Marked mentions of the most frequent types, a seeded sample, laid out by UMAP: dots that are near each other have
similar vectors.

{description}"""


def _ambiguous(study: AmbiguousStudy) -> str:
    systems = list(study.accuracy)
    rows = [
        [escape(name.name), ", ".join(map(escape, name.senses)), str(name.pairs)]
        + [figure(name.accuracy[system]) for system in systems]
        for name in study.names
    ]
    rows.append(["**all names**", "", str(sum(name.pairs for name in study.names))])
    rows[-1] += [f"**{figure(study.accuracy[system])}**" for system in systems]
    grid = table(("name", "types", "pairs", *systems), rows)
    quality = table(("system", "R-Precision"), [[name, interval(value)] for name, value in study.r_precision.items()])
    sentences = f"""{study.documents} sentences written for this package (`nerret_tools/lab/evaluation/ambiguous`), in
        which names such as Mercury stand for different types; model {study.model}, fingerprint
        `{study.fingerprint}`. How often a document with the type asked for ranks above one in which the same name
        has another type (0.5 is chance):"""
    return f"""## Ambiguous names

{paragraph(sentences)}

{grid}

R-Precision over the {study.types} types of these sentences:

{quality}"""


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.2f}" if whole else "none"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\u2212")


def _signed_interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"({_signed(low)} to {_signed(high)})"
