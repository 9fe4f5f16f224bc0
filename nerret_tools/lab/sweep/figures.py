"""The sweep as pictures: the heat map of one model, the depth curve of several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nerret_tools.lab.drawing import COLOURS, load_matplotlib, new_figure
from nerret_tools.lab.sweep.components import SWEPT_COMPONENTS
from nerret_tools.lab.sweep.report import SweepReport, TapReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POOLING_NAMES = {"mean": "mean of the span", "last": "last token", "first": "first token"}
WIDE = 12  # blocks; above it panels lie under one another and cells carry no figures
SEPARATION = "AUC, same type against different type (centred, different names)"
STYLE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


def draw_heat_map(report: SweepReport, path: Path) -> None:
    """Draw blocks × components, a panel for each pooling, the best tap framed (paper, figure 3).

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    with load_matplotlib().rc_context(STYLE):
        poolings = list(dict.fromkeys(tap.pooling for tap in report.taps))
        components = [name for name in SWEPT_COMPONENTS if any(tap.component == name for tap in report.taps)]
        wide = report.blocks > WIDE
        shape = (len(poolings), 1) if wide else (1, len(poolings))
        panel = (1.8 + 0.24 * report.blocks, 0.7 + 0.2 * len(components))
        if not wide:
            panel = (0.6 + 0.4 * report.blocks, 0.9 + 0.27 * len(components))
        size = (panel[0] * shape[1] + 1.8, panel[1] * shape[0] + 0.6)
        figure = new_figure(*size)
        axes = figure.subplots(*shape, sharex=True, sharey=True, squeeze=False).ravel()
        values = [tap.judged_by.mean for tap in report.taps]
        images = []
        for axis, pooling in zip(axes, poolings, strict=True):
            taps = [tap for tap in report.taps if tap.pooling == pooling]
            table = _table(taps, report.blocks, components)
            images.append(axis.imshow(table, cmap="YlGnBu", vmin=min(values), vmax=max(values), aspect="auto"))
            _dress(axis, POOLING_NAMES.get(pooling, pooling), report.blocks, components)
            if not wide:
                _write_values(axis, table, middle=(min(values) + max(values)) / 2)
        best = report.best(1)[0]
        _frame(axes[poolings.index(best.pooling)], best.block, components.index(best.component))
        for axis in axes[-1:] if wide else axes:
            axis.set_xlabel("block")
        bar = figure.colorbar(images[0], ax=list(axes), fraction=0.03 if wide else 0.02, pad=0.02)
        bar.outline.set_visible(False)
        figure.suptitle(f"{report.model}: {SEPARATION}", fontsize=10)
        _save(figure, path)


def draw_depth_curve(reports: Sequence[SweepReport], path: Path) -> None:
    """Draw AUC over relative depth, value vectors and block outputs of each model (paper, figure 4).

    Each block counts with its best pooling; the band is one standard deviation over the seeds.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    with load_matplotlib().rc_context(STYLE):
        figure = new_figure(6.4, 4.0)
        axis = figure.subplots()
        for report, name, colour in zip(reports, _names(reports), _colours(len(reports)), strict=True):
            for component, line in (("value", "-"), ("output", "--")):
                taps = [_best_at(report, block, component) for block in range(report.blocks)]
                depth = np.arange(report.blocks) / max(1, report.blocks - 1)
                mean = np.array([tap.judged_by.mean for tap in taps])
                spread = np.array([tap.judged_by.spread for tap in taps])
                label = f"{name}, {_called(component)}"
                axis.plot(depth, mean, line, color=colour, label=label, linewidth=1.8)
                axis.fill_between(depth, mean - spread, mean + spread, color=colour, alpha=0.12, linewidth=0)
                top = int(mean.argmax())
                axis.plot(depth[top], mean[top], "o", color=colour, markersize=5)
        axis.set_xlabel("relative depth (0: first block, 1: last block)")
        axis.set_ylabel("AUC, same type against different type")
        axis.set_title("centred, different names; dots: each line's best block", loc="left", color="0.35")
        axis.grid(axis="y", color="0.9")
        axis.set_axisbelow(True)
        axis.legend(loc="lower left", bbox_to_anchor=(0, 1.08), ncols=2)
        _save(figure, path)


def _table(taps: Sequence[TapReport], blocks: int, components: Sequence[str]) -> np.ndarray:
    """AUC by component and block, ``[n_components, n_blocks]``."""
    table = np.full((len(components), blocks), np.nan)
    for tap in taps:
        table[components.index(tap.component), tap.block] = tap.judged_by.mean
    return table


def _dress(axis: Axes, title: str, blocks: int, components: Sequence[str]) -> None:
    axis.set_title(title)
    axis.set_yticks(range(len(components)), [_called(name) for name in components])
    axis.set_xticks(range(0, blocks, 1 if blocks <= WIDE else 2))
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)


def _write_values(axis: Axes, table: np.ndarray, *, middle: float) -> None:
    for (row, column), value in np.ndenumerate(table):
        colour = "white" if value > middle else "0.2"
        axis.text(column, row, f"{value:.2f}".removeprefix("0"), ha="center", va="center", color=colour, fontsize=8)


def _frame(axis: Axes, block: int, row: int) -> None:
    rectangle = load_matplotlib("matplotlib.patches").Rectangle
    axis.add_patch(rectangle((block - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=COLOURS[1], linewidth=2))


def _best_at(report: SweepReport, block: int, component: str) -> TapReport:
    here = [tap for tap in report.taps if (tap.block, tap.component) == (block, component)]
    return max(here, key=lambda tap: tap.judged_by.mean)


def _names(reports: Sequence[SweepReport]) -> list[str]:
    """The models' names, with the data where that is what differs."""
    if len({report.model for report in reports}) == len(reports):
        return [report.model for report in reports]
    return [f"{report.model} on {report.data}" for report in reports]


def _called(component: str) -> str:
    outputs = {"attention": "attention output", "output": "block output"}
    return outputs.get(component, component.replace("_", " ").replace("mlp", "MLP"))


def _colours(count: int) -> list[str]:
    return [COLOURS[number % len(COLOURS)] for number in range(count)]


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # No date and no version inside, so that the same figures make the same file.
    figure.savefig(path, metadata={"Software": None})
