"""The figures of the report, as PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nerret_tools.lab.drawing import COLOURS, load_matplotlib, new_figure
from nerret_tools.lab.evaluation.mention_map import MentionMap
from nerret_tools.lab.evaluation.results import CalibrationReport, SystemReport
from nerret_tools.lab.evaluation.scoring import RECALL_LENGTHS


def draw_recall(path: Path, systems: Sequence[SystemReport]) -> None:
    """Macro recall over list length."""
    figure = new_figure(7.5, 4.6)
    axes = figure.add_subplot()
    for system, colour in zip(systems, COLOURS, strict=False):
        axes.plot(RECALL_LENGTHS, system.recall_curve, color=colour, linewidth=2, label=system.name)
    axes.axvline(1, color="0.7", linewidth=1, linestyle="--", zorder=0)
    axes.annotate(
        "R: recall = R-Precision", (1, 0.02), xytext=(4, 0), textcoords="offset points", color="0.45", fontsize=9
    )
    axes.set(xlim=(0, RECALL_LENGTHS[-1]), ylim=(0, 1), ylabel="recall, mean over types")
    axes.set_xlabel("length of the list, in multiples of R, the number of relevant documents")
    axes.grid(color="0.92")
    axes.legend(loc="lower right", frameon=False)
    figure.savefig(path)


def draw_types(path: Path, systems: Sequence[SystemReport]) -> None:
    """R-Precision of every type, the best on top, with each system as a dot."""
    order = sorted(range(len(systems[0].types)), key=lambda place: systems[0].types[place].r_precision)
    figure = new_figure(7.5, 1.5 + 0.27 * len(order))
    axes = figure.add_subplot()
    rows = np.arange(len(order))
    shifts = np.linspace(0.2, -0.2, len(systems))  # equal values stay visible
    for system, colour, marker, shift in zip(systems, COLOURS, "oDs^", shifts, strict=False):
        values = [system.types[place].r_precision for place in order]
        axes.scatter(values, rows + shift, color=colour, marker=marker, s=34, label=system.name, zorder=3, alpha=0.9)
    labels = [_shortened(systems[0].types[place].description) for place in order]
    axes.set_yticks(rows, labels)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.7, len(order) - 0.3), xlabel="R-Precision")
    axes.grid(color="0.92")
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    figure.savefig(path)


def draw_reliability(path: Path, calibration: CalibrationReport) -> None:
    """Promised against true share, and below it how many pairs each point stands for."""
    figure = new_figure(5.6, 6.2)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    filled = [one for one in calibration.bins if one.mean_relevance is not None and one.share_relevant is not None]
    upper.plot([0, 1], [0, 1], color="0.7", linewidth=1, linestyle="--", label="a perfect probability")
    promised = [one.mean_relevance or 0.0 for one in filled]
    true = [one.share_relevant or 0.0 for one in filled]
    upper.plot(promised, true, color=COLOURS[0], marker="o", linewidth=2, label="nerret, detected spans")
    upper.set(xlim=(0, 1), ylim=(0, 1), ylabel="share that is relevant")
    upper.grid(color="0.92")
    upper.legend(loc="upper left", frameon=False)
    lower.bar([one.low for one in filled], [one.pairs for one in filled], width=0.1, align="edge", color="0.6", ec="w")
    lower.set(yscale="log", ylim=(0.8, None), ylabel="pairs", xlabel="relevance")
    figure.savefig(path)


def draw_mentions(path: Path, maps: Sequence[MentionMap]) -> None:
    """Maps of mentions side by side, each type in its colour and named at its middle."""
    stroke = load_matplotlib("matplotlib.patheffects").withStroke(linewidth=2.5, foreground="white")
    pairs = load_matplotlib().colormaps["tab20"](np.arange(20))[:, :3]
    colours = np.concatenate([pairs[::2], pairs[1::2]])  # the strong ones first
    figure = new_figure(6.6 * len(maps), 6.6)
    panels = figure.subplots(1, len(maps), squeeze=False)[0]
    for axes, one in zip(panels, maps, strict=True):
        for number in range(len(one.names)):
            points = one.points[one.types == number]
            axes.scatter(*points.T, s=7, color=tuple(colours[number % len(colours)]), linewidths=0, alpha=0.8)
        for number, name in enumerate(one.names):
            middle = np.median(one.points[one.types == number], axis=0)
            text = axes.text(*middle, _shortened(name), fontsize=8.5, weight="bold", ha="center", va="center")
            text.set(color=tuple(0.62 * colours[number % len(colours)]))
            text.set_path_effects([stroke])
        axes.set(title=one.title, xticks=[], yticks=[])
    figure.savefig(path)


def _shortened(name: str) -> str:
    return name if len(name) <= 28 else name[:27].rstrip(" ,") + "…"
