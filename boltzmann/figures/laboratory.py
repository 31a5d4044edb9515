"""Figures of laboratory experiments: regions and limits in splitting and amplitude. Arrays in, artists out.

As in `boltzmann.figures.style`. A confidence region is filled, the more the smaller its confidence level; one that has
no oscillation in it is an outline. An experiment that allows no oscillation at all levels is drawn as a limit, with
ticks towards what is excluded. Colours are those of Okabe and Ito, and dash patterns repeat the distinction.

A grid that ends inside the frame ends where a reproduction ceases to be good, and not where its region does. Such ends
are open: a triangle at every line says that it goes on, and the tip of a region that lies beyond is not drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withTickedStroke
from scipy.ndimage import label

from boltzmann.figures.style import _RC, BLACK, BLUE, COLUMNS, GREEN, VERMILION
from boltzmann.numerics.arrays import Array

__all__ = ["COLORS", "DASHES", "Drawing", "Expected", "Panel", "expected", "figure", "mark_ends", "panel", "trimmed"]

COLORS = (BLUE, VERMILION, GREEN, "#CC79A7", "#E69F00", "#56B4E9", BLACK)
DASHES: tuple[tuple[float, ...], ...] = ((), (5, 2), (1.5, 1.5), (6, 1.5, 1.5, 1.5), (8, 3), (3, 1), (1, 1))
_EXPECTED: tuple[tuple[float, ...], ...] = ((1, 1.2), (4, 1.2, 1, 1.2), (4, 1.2, 1, 1.2, 1, 1.2))
DM2_RANGE = (0.01, 100.0)  # of the axis [eV^2]
_TIP = 0.1  # in ln dm2_41: a region that reaches no farther from the end of its grid is the tip of one beyond it
_LAYOUTS: dict[int, Any] = {1: [[".", "a", "a", "a", "."]], 2: [["a", "b"]], 3: [["a", "b"], ["a", "c"]]}
#: Where the axes are usually empty; those of ee are nowhere.
_LEGEND: dict[str, dict[str, Any]] = {
    "ee": {"loc": "upper center", "bbox_to_anchor": (0.5, -0.2), "ncols": 2, "columnspacing": 1.0},
    "mue": {"loc": "upper right", "fontsize": 6.0, "handlelength": 1.7},  # narrow: KARMEN reaches to the right
    "mumu": {"loc": "lower left"},
}
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
class Expected:
    """What an experiment to come would exclude: a label, amplitudes (or |U|^2) and dm2_41 [eV^2] of a line, (n,)."""

    label: str
    amplitude: Array
    dm2_41: Array


@dataclass(frozen=True, eq=False)
class Panel:
    """The drawings of one channel ("ee", "mue" or "mumu"), a title, a title for the legend, and what is to come."""

    channel: str
    drawings: Sequence[Drawing]
    title: str = ""
    levels: str = ""
    expected: Sequence[Expected] = ()


def _open_ends(dm2_41: Array, frame: tuple[float, float]) -> Iterator[tuple[int, str]]:
    """Yield the row and the marker of every end of a grid that lies inside a frame."""
    if dm2_41[0] > frame[0] * 1.001:
        yield 0, "v"
    if dm2_41[-1] < frame[1] / 1.001:
        yield -1, "^"


def trimmed(drawing: Drawing, frame: tuple[float, float] = DM2_RANGE) -> Drawing:
    """Return a drawing without the tips of regions that lie beyond an open end of its grid."""
    heights = [np.array(height) for height in drawing.heights]
    near = np.abs(np.log(drawing.dm2_41[:, None] / drawing.dm2_41[[0, -1]])) < _TIP
    for height in heights:
        parts, _ = label(height < 0.0, np.ones((3, 3)))
        for row, _ in _open_ends(drawing.dm2_41, frame):
            for part in set(parts[row].tolist()) - {0}:
                inside = parts == part
                if near[inside.any(axis=1), row].all():
                    height[inside] *= -1.0
    return replace(drawing, heights=heights)


def _crossings(places: Array, height: Array) -> Array:
    """Return where a row or column changes sign, linear in the logarithm of ``places``."""
    k = np.flatnonzero(np.diff(height < 0.0))
    part = height[k] / (height[k] - height[k + 1])
    return np.asarray(places[k] ** (1.0 - part) * places[k + 1] ** part)


def mark_ends(
    drawing: Drawing, color: str, ax: Axes, frame: tuple[float, float] = DM2_RANGE, left: float | None = None
) -> list[Line2D]:
    """Put a triangle where a line reaches an open end of its grid; ``left``: where the axis of amplitudes begins."""
    style: dict[str, Any] = {"ls": "", "ms": 3.4, "mfc": "white", "mec": color, "mew": 0.8, "zorder": 4}
    marks: list[Line2D] = []
    for row, marker in _open_ends(drawing.dm2_41, frame):
        for height in drawing.heights:
            at = _crossings(drawing.amplitude, height[row])
            marks += ax.plot(at, np.full(at.size, drawing.dm2_41[row]), marker=marker, **style)
    if left is not None and drawing.amplitude[0] > left * 1.001:
        for height in drawing.heights:
            at = _crossings(drawing.dm2_41, height[:, 0])
            at = at[(at > frame[0]) & (at < frame[1])]
            marks += ax.plot(np.full(at.size, drawing.amplitude[0]), at, marker="<", **style) if at.size else []
    return marks


def _draw(drawing: Drawing, color: str, dashes: tuple[float, ...], ax: Axes) -> Patch | Line2D:
    """Draw an experiment; return its entry for the legend."""
    drawing = trimmed(drawing)
    for k, height in enumerate(drawing.heights):
        if drawing.style == "region" and not np.any(height[:, 0] < 0.0):  # one with no mixing fills half a plane
            alpha = 0.45 - 0.3 * k / max(len(drawing.heights) - 1, 1)
            ax.contourf(drawing.amplitude, drawing.dm2_41, height, [-np.inf, 0.0], colors=[color], alpha=alpha)
        first_line = drawing.style != "region" and k == 0
        width = 1.5 if first_line else 0.8
        lines = ax.contour(drawing.amplitude, drawing.dm2_41, height, [0.0], colors=[color], linewidths=width)
        if drawing.style == "limit" and first_line:
            lines.set_path_effects([withTickedStroke(spacing=9, length=0.7, angle=60)])
        elif dashes:
            lines.set_linestyle((0, dashes))
    mark_ends(drawing, color, ax)
    if drawing.best:
        ax.plot(*drawing.best, "*", color=color, ms=7, mec="white", mew=0.6, zorder=5)
    if drawing.style == "region":
        return Patch(facecolor=color, alpha=0.6, label=drawing.label)
    shown = dashes if drawing.style == "outline" else ()
    return Line2D([], [], color=color, lw=1.5, dashes=shown or (None, None), label=drawing.label)


def expected(lines: Sequence[Expected], ax: Axes) -> list[Line2D]:
    """Draw what experiments to come would exclude as thin dark lines; return the entries of the legend."""
    style: dict[str, Any] = {"color": "#444444", "lw": 0.9, "zorder": 3}
    pens = zip(lines, cycle(_EXPECTED), strict=False)
    return [ax.plot(line.amplitude, line.dm2_41, ls=(0, dashes), label=line.label, **style)[0] for line, dashes in pens]


def panel(content: Panel, ax: Axes) -> list[Patch | Line2D]:
    """Draw all experiments of one channel; return the entries of the legend."""
    pens = zip(content.drawings, cycle(COLORS), cycle(DASHES), strict=False)
    entries = [_draw(drawing, color, dashes, ax) for drawing, color, dashes in pens]
    entries += expected(content.expected, ax)
    ax.set(xscale="log", yscale="log", xlabel=_AXES[content.channel], ylabel=r"$\Delta m^2_{41}$ [eV$^2$]")
    ax.set_xlim(min(float(drawing.amplitude[0]) for drawing in content.drawings), 1.0)
    ax.set_ylim(*DM2_RANGE)
    ax.set_title(content.title, loc="left", fontsize=8.5, pad=3)
    style: dict[str, Any] = {"fontsize": 6.5, "framealpha": 0.85, "edgecolor": "none", "handlelength": 2.4}
    legend = ax.legend(handles=entries, title=content.levels or None, **{**style, **_LEGEND[content.channel]})
    legend.get_title().set_fontsize(6.5)
    return entries


def figure(panels: Sequence[Panel]) -> Figure:
    """Return the figure: up to three panels, the first of three larger than the others."""
    with mpl.rc_context(_RC):
        result = Figure(figsize=(COLUMNS, 5.2 if len(panels) == 3 else 3.6), layout="constrained")
        axes = result.subplot_mosaic(_LAYOUTS[len(panels)], width_ratios=[1.25, 1.0] if len(panels) == 3 else None)
        for letter, content in zip("abc", panels, strict=False):
            panel(content, axes[letter])
            if len(panels) > 1:
                axes[letter].set_title(f"({letter}) {content.title}".strip(), loc="left", fontsize=8.5, pad=3)
        result.draw_without_rendering()
        result.set_layout_engine("none")  # keeps the layout, which every saved file would otherwise compute again
    return result
