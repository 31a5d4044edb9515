"""Figures of laboratory experiments: regions and limits in splitting and amplitude. Arrays in, artists out.

As in `boltzmann.figures.style`. A confidence region is filled, the more the smaller its confidence level; an experiment
that allows no oscillation is drawn as a limit, with ticks towards what is excluded. Colours are those of Okabe and Ito,
and dash patterns repeat the distinction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withTickedStroke

from boltzmann.figures.style import _RC, BLACK, BLUE, COLUMNS, GREEN, VERMILION, _wrapped
from boltzmann.numerics.arrays import Array

__all__ = ["COLORS", "DASHES", "Drawing", "Panel", "figure", "panel"]

COLORS = (BLUE, VERMILION, GREEN, "#CC79A7", "#E69F00", "#56B4E9", BLACK)
DASHES: tuple[tuple[float, ...], ...] = ((), (5, 2), (1.5, 1.5), (6, 1.5, 1.5, 1.5), (8, 3), (3, 1), (1, 1))
_CAPTION_WIDTH = (
    156  # characters per line; captions say what every reproduction is good for, so they are long and small
)
DM2_RANGE = (0.01, 100.0)  # of the axis [eV^2]
_LAYOUTS: dict[int, Any] = {1: [[".", "a", "a", "a", "."]], 2: [["a", "b"]], 3: [["a", "b"], ["a", "c"]]}
_LEGEND: dict[str, Any] = {
    "ee": "lower left",
    "mue": "upper right",
    "mumu": "lower left",
}  # where the axes are usually empty
_AXES = {
    "ee": r"$\sin^2 2\theta_{ee} = 4|U_{e4}|^2(1-|U_{e4}|^2)$",
    "mue": r"$\sin^2 2\theta_{\mu e} = 4|U_{e4}|^2|U_{\mu 4}|^2$",
    "mumu": r"$\sin^2 2\theta_{\mu\mu} = 4|U_{\mu 4}|^2(1-|U_{\mu 4}|^2)$",
}


@dataclass(frozen=True, eq=False)
class Drawing:
    """One experiment or combination.

    Parameters
    ----------
    label : str
        For the legend; mathtext is allowed.
    amplitude, dm2_41 : arrays (m,), (n,)
        Axes of the grid; dm2_41 in eV^2.
    heights : sequence of arrays (n, m)
        For every confidence level, increasing: negative inside the region, zero at its edge.
    style : {"region", "limit", "outline"}
        Filled; lines with ticks towards what is excluded; lines.
    best : tuple of float, optional
        Best fit (amplitude, dm2_41), to be marked.
    """

    label: str
    amplitude: Array
    dm2_41: Array
    heights: Sequence[Array]
    style: Literal["region", "limit", "outline"] = "region"
    best: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Panel:
    """The drawings of one channel ("ee", "mue" or "mumu") and a title."""

    channel: str
    drawings: Sequence[Drawing]
    title: str = ""


def _draw(drawing: Drawing, color: str, dashes: tuple[float, ...], ax: Axes) -> Patch | Line2D:
    """Draw an experiment; return its entry for the legend."""
    for k, height in enumerate(drawing.heights):
        if drawing.style == "region":
            alpha = 0.45 - 0.3 * k / max(len(drawing.heights) - 1, 1)
            ax.contourf(drawing.amplitude, drawing.dm2_41, height, [-np.inf, 0.0], colors=[color], alpha=alpha)
        first_line = drawing.style != "region" and k == 0
        width = 1.5 if first_line else 0.8
        lines = ax.contour(drawing.amplitude, drawing.dm2_41, height, [0.0], colors=[color], linewidths=width)
        if drawing.style == "limit" and first_line:
            lines.set_path_effects([withTickedStroke(spacing=9, length=0.7, angle=60)])
        elif dashes:
            lines.set_linestyle((0, dashes))
    if drawing.best:
        ax.plot(*drawing.best, "*", color=color, ms=7, mec="white", mew=0.6, zorder=5)
    if drawing.style == "region":
        return Patch(facecolor=color, alpha=0.6, label=drawing.label)
    shown = dashes if drawing.style == "outline" else ()
    return Line2D([], [], color=color, lw=1.5, dashes=shown or (None, None), label=drawing.label)


def panel(content: Panel, ax: Axes) -> list[Patch | Line2D]:
    """Draw all experiments of one channel; return the entries of the legend."""
    pens = zip(content.drawings, cycle(COLORS), cycle(DASHES), strict=False)
    entries = [_draw(drawing, color, dashes, ax) for drawing, color, dashes in pens]
    ax.set(xscale="log", yscale="log", xlabel=_AXES[content.channel], ylabel=r"$\Delta m^2_{41}$ [eV$^2$]")
    ax.set_xlim(min(float(drawing.amplitude[0]) for drawing in content.drawings), 1.0)
    ax.set_ylim(*DM2_RANGE)
    ax.set_title(content.title, loc="left", fontsize=8.5, pad=3)
    ax.legend(
        handles=entries, loc=_LEGEND[content.channel], fontsize=6.5, framealpha=0.85, edgecolor="none", handlelength=2.4
    )
    return entries


def figure(panels: Sequence[Panel], caption: str) -> Figure:
    """Return the figure: up to three panels, the first of three larger than the others, and the caption below."""
    with mpl.rc_context(_RC):
        text = _wrapped(caption, _CAPTION_WIDTH)
        height = (5.2 if len(panels) == 3 else 3.6) + 0.105 * (1 + text.count("\n"))
        result = Figure(figsize=(COLUMNS, height), layout="constrained")
        axes = result.subplot_mosaic(_LAYOUTS[len(panels)], width_ratios=[1.25, 1.0] if len(panels) == 3 else None)
        for letter, content in zip("abc", panels, strict=False):
            panel(content, axes[letter])
            if len(panels) > 1:
                axes[letter].set_title(f"({letter}) {content.title}".strip(), loc="left", fontsize=8.5, pad=3)
        result.supxlabel(text, fontsize=5.8, ha="left", x=0.01)
        result.draw_without_rendering()
        result.set_layout_engine("none")  # keeps the layout, which every saved file would otherwise compute again
    return result
