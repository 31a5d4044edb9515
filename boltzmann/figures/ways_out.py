"""The figure of the other ways out: N_eff and the mass left in nu_4 against one parameter each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullFormatter

from boltzmann.figures.style import _RC, BLACK, BLUE, COLUMNS, GREY, VERMILION
from boltzmann.numerics.arrays import Array

__all__ = ["Line", "Panel", "ways_figure", "ways_panel"]

LOW, HIGH = -1.05, 1.25  # of Delta N_eff and m_eff [eV], which at m_4 = 1 eV are of one size
STRIP = 0.09  # height of the strip of abundances
RED = "#CC0022"
COLUMNS_OF_PANELS = 3
SHORT = 100.0  # ratio of the ends of a logarithmic axis up to which its ticks are plain numbers


@dataclass(frozen=True, eq=False)
class Line:
    """One way; arrays (n,), NaN where a run did not end.

    Parameters
    ----------
    value : array
        Of the parameter.
    excess, mass : array
        N_eff - 3.044, and m_eff of what nu_4 ends with [eV].
    lowest, highest : array
        Least and largest excess that is possible.
    cmb, bao, abundances : array
        Least Delta chi^2 of the CMB, of CMB with BAO, of Y_p and D/H, less its value at 2 sigma: excluded above zero.
    doubtful : array
        The largest that is possible of all of them, likewise.
    """

    value: Array
    excess: Array
    mass: Array
    lowest: Array
    highest: Array
    cmb: Array
    bao: Array
    abundances: Array
    doubtful: Array


@dataclass(frozen=True, eq=False)
class Panel:
    """One panel: title, label of the abscissa, lines (the first has the limits), and whether it is logarithmic."""

    title: str
    label: str
    lines: Sequence[Line]
    log: bool


def positive(x: Array, y: Array) -> list[tuple[float, float]]:
    """Return the intervals of ``x`` in which the line through the points is above zero; NaN are left out."""
    known = np.isfinite(y)
    x, y = x[known], y[known]
    passes = [a + (b - a) * v / (v - w) for (a, b), (v, w) in zip(pairwise(x), pairwise(y), strict=True) if v * w < 0.0]
    edges = [float(edge) for edge in (*x[:1], *passes, *x[-1:])]
    return [(a, b) for a, b in pairwise(edges) if np.interp(0.5 * (a + b), x, y) > 0.0]


def _excluded(line: Line, log: bool, ax: Axes) -> None:
    """Shade what the CMB excludes, and mark below what abundances do."""
    order = np.argsort(line.value)
    place = np.log10(line.value[order]) if log else line.value[order]
    for values, alpha in ((line.cmb, 0.55), (line.bao, 0.35)):
        for ends in positive(place, values[order]):
            a, b = np.power(10.0, ends) if log else ends
            ax.axvspan(a, b, color=GREY, alpha=alpha, lw=0, zorder=0)
    certain = np.max([line.cmb, line.bao, line.abundances], axis=0)
    for ends in positive(place, np.where(certain <= 0.0, line.doubtful, -1.0)[order]):
        a, b = np.power(10.0, ends) if log else ends
        ax.axvspan(a, b, facecolor="none", edgecolor=GREY, hatch="////", lw=0, zorder=0)
    for ends in positive(place, line.abundances[order]):
        ax.fill_between(np.power(10.0, ends) if log else ends, LOW, LOW + STRIP, color=RED, lw=0, zorder=1)


def ways_panel(panel: Panel, ax: Axes) -> None:
    """Draw one way."""
    _excluded(panel.lines[0], panel.log, ax)
    for line, dashes in zip(panel.lines, ("--", ":"), strict=False):
        order = np.argsort(line.value)
        x = line.value[order]
        ax.fill_between(x, line.lowest[order], line.highest[order], color=VERMILION, alpha=0.25, lw=0)
        ax.plot(x, line.excess[order], color=VERMILION, lw=1.6)
        ax.plot(x, line.mass[order], color=BLUE, lw=1.4, ls=dashes)
    ax.axhline(0.0, color=BLACK, lw=0.5)
    x = np.concatenate([line.value for line in panel.lines])
    ax.set(xscale="log" if panel.log else "linear", ylim=(LOW, HIGH), xlabel=panel.label, xlim=(x.min(), x.max()))
    if panel.log and x.max() < SHORT * x.min():
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_title(panel.title, fontsize=8.5, loc="left", pad=3)


def _legend() -> list[Line2D | Patch]:
    return [
        Line2D([], [], color=VERMILION, lw=1.6, label=r"$N_\mathrm{eff} - 3.044$"),
        Line2D([], [], color=BLUE, lw=1.4, ls="--", label=r"$m_\mathrm{eff}$ left in $\nu_4$ [eV]"),
        Line2D([], [], color=BLUE, lw=1.4, ls=":", label="the same, negative shift"),
        Patch(color=GREY, alpha=0.71, lw=0, label=r"CMB excludes, $2\sigma$"),
        Patch(color=GREY, alpha=0.35, lw=0, label="only with DESI BAO"),
        Patch(color=RED, lw=0, label=r"$Y_p$ and D/H exclude, $2\sigma$"),
        Patch(facecolor="none", edgecolor=GREY, hatch="////", lw=0, label="one of two ends excluded"),
    ]


def ways_figure(panels: Sequence[Panel]) -> Figure:
    """Return the page of all ways, with one legend; its caption is text of its own."""
    rows = -(-len(panels) // COLUMNS_OF_PANELS)
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(1.3 * COLUMNS, 0.5 + 2.3 * rows), layout="constrained")
        axes = figure.subplots(rows, COLUMNS_OF_PANELS, sharey=True, squeeze=False).ravel()
        for panel, ax in zip(panels, axes, strict=False):
            ways_panel(panel, ax)
        for ax in axes[len(panels) :]:
            ax.remove()
        figure.legend(handles=_legend(), loc="outside upper center", ncols=3, frameon=False)
        figure.supylabel(r"$N_\mathrm{eff} - 3.044$,   $m_\mathrm{eff}$ [eV]", fontsize=8.5)
        figure.draw_without_rendering()
    return figure
