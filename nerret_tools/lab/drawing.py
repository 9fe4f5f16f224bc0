"""What all figures of the laboratory share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nerret_tools.extras import extra_package

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's palette: told apart by colour-blind readers, too."""

DOTS_PER_INCH = 130


def load_matplotlib(module: str = "matplotlib") -> Any:
    """Import a module of matplotlib; called early, so that a missing package shows before the long work.

    Raises:
        MissingExtraError: It is not installed.
    """
    return extra_package(module, "Drawing figures", "figures")


def new_figure(width: float, height: float) -> Figure:
    """A figure of so many inches; not through pyplot, which would choose a window system."""
    kind: type[Figure] = load_matplotlib("matplotlib.figure").Figure
    return kind(figsize=(width, height), layout="constrained", dpi=DOTS_PER_INCH)
