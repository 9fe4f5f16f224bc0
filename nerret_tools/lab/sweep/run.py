"""The sweep itself: draw mentions, read them everywhere at once, see what separates their types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from nerret_tools.encoding import POOLINGS
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.sweep.components import Place
from nerret_tools.lab.sweep.reader import MentionReader, Tapped
from nerret_tools.lab.sweep.report import Figure, Separation, SweepReport, TapReport
from nerret_tools.lab.sweep.sampling import collect_mentions, draw_pairs, draw_sample
from nerret_tools.lab.sweep.separation import area_under_curve, cosines

DIGITS = 5  # of an AUC in the report; the spread over seeds is a hundred times that


def sweep(
    data: LabelledData,
    folder: str | Path,
    *,
    name: str,
    source: str,
    types: int = 20,
    sentences: int = 20,
    seeds: int = 5,
    precision: str | None = "float32",
    announce: Callable[[str], None] = lambda _: None,
) -> SweepReport:
    """Measure every tap of a backbone (paper, section 4).

    For each seed: mentions are drawn, read in one pass of the complete backbone a batch, and paired
    in equal numbers within and across types; the AUC says how well their cosine tells which.

    Args:
        data: Labelled documents, see `read_labelled`; only types with a description count.
        folder: The backbone's files, or its name on the hub.
        name: What the report calls the model.
        source: What the report calls the data.
        types: Types to draw; all, where there are no more.
        sentences: Documents to draw for each type; types that are in fewer are left out.
        seeds: How often to draw.
        precision: Number format of the backbone; None for the fastest one here.
        announce: Called with a sentence when a stage begins.

    Raises:
        DataFileError: Fewer than two types are in enough documents.
        ModelError: The backbone cannot be loaded, or its architecture is not known.
    """
    mentions, left_out = collect_mentions(data.documents, list(data.types), sentences=sentences)
    announce(f"Loading {name}")
    reader = MentionReader(folder, precision)
    results: dict[Tapped, list[list[float]]] = {}
    pairs: list[tuple[int, int]] = []
    unreadable = 0
    for seed in range(seeds):
        announce(f"Seed {seed}")
        random = np.random.default_rng(seed)
        drawn = draw_sample(data.documents, mentions, types=types, sentences=sentences, random=random)
        rows, vectors = reader.read(data.documents, drawn)
        sample = drawn.take(rows)
        unreadable += len(drawn) - len(sample)
        kinds = [draw_pairs(sample, random, different_surfaces=different) for different in (False, True)]
        pairs.append((len(kinds[0][0]), len(kinds[1][0])))
        for tap, at_tap in vectors.items():
            results.setdefault(tap, []).append(_separations(at_tap, kinds))
    return SweepReport(
        model=name,
        precision=str(reader.backbone.model.dtype).removeprefix("torch."),
        blocks=reader.backbone.blocks,
        data=source,
        types=min(types, len(mentions)),
        sentences=sentences,
        available=[one.label for one in mentions],
        left_out=left_out,
        seeds=list(range(seeds)),
        pairs=[both for both, _ in pairs],
        pairs_other_surface=[other for _, other in pairs],
        unreadable=unreadable,
        taps=[
            _tap_report(place, pooling, width, results[place, pooling])
            for place, width in reader.backbone.widths.items()
            for pooling in POOLINGS
        ],
    )


def _separations(vectors: np.ndarray, kinds: Sequence[tuple[np.ndarray, np.ndarray]]) -> list[float]:
    """AUC of each kind of pairs, raw and then centred: in the order of `Separation`'s fields."""
    figures = []
    tables = [cosines(vectors, centred=centred) for centred in (False, True)]
    for same, different in kinds:
        for table in tables:
            figures.append(area_under_curve(table[tuple(same.T)], table[tuple(different.T)]))
    return figures


def _tap_report(place: Place, pooling: str, width: int, by_seed: list[list[float]]) -> TapReport:
    raw, centred, raw_other, centred_other = (_figure(column) for column in zip(*by_seed, strict=True))
    return TapReport(
        block=place[0],
        component=place[1],
        pooling=pooling,
        width=width,
        auc=Separation(raw=raw, centred=centred, raw_other_surface=raw_other, centred_other_surface=centred_other),
    )


def _figure(values: Sequence[float]) -> Figure:
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return Figure(
        mean=round(float(np.mean(values)), DIGITS),
        spread=round(spread, DIGITS),
        by_seed=[round(value, DIGITS) for value in values],
    )
