"""The figure of initial asymmetries of three flavours: N_eff, helium and deuterium over planes of xi, with limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from boltzmann.figures.secret import bar
from boltzmann.figures.style import _RC, BLACK, BLUE, COLUMNS, VERMILION
from boltzmann.numerics.arrays import Array

__all__ = ["AsymmetryPlane", "asymmetry_figure", "asymmetry_panel"]

#: What columns show: field, factor, label, colour map, levels.
COLUMN = (
    ("N_eff", 1.0, r"$N_\mathrm{eff}$", "viridis", (3.045, 3.05, 3.06, 3.08, 3.12, 3.16, 3.2)),
    ("Y_p", 1.0, r"$Y_p$", "cividis", (0.18, 0.22, 0.24, 0.25, 0.26, 0.28, 0.32)),
    ("D_H", 1e5, r"$10^5$ D/H", "magma", (1.8, 2.1, 2.3, 2.4, 2.5, 2.6, 2.8, 3.1)),
)


@dataclass(frozen=True, eq=False)
class AsymmetryPlane:
    """Numbers over two coordinates of a plane of xi.

    Parameters
    ----------
    u, v : arrays (n,), (m,)
        Ascending.
    labels : two str
        Of u and v.
    title : str
    N_eff, Y_p, D_H, cmb, abundances, left_e : arrays (n, m)
        Effective number, helium, deuterium, Delta chi^2 of the CMB and of the two abundances, and (n - nbar)/T_nu^3 of
        nu_e at the end; NaN where a point has none.
    """

    u: Array
    v: Array
    labels: tuple[str, str]
    title: str
    N_eff: Array
    Y_p: Array
    D_H: Array
    cmb: Array
    abundances: Array
    left_e: Array


def _line(plane: AsymmetryPlane, values: Array, level: float, ax: Axes, **style: Any) -> None:
    """Draw one contour line, if there is one."""
    known = np.ma.masked_invalid(values).T
    if known.count() and known.min() < level < known.max():
        ax.contour(plane.u, plane.v, known, [level], **style)


def asymmetry_panel(plane: AsymmetryPlane, column: int, threshold: float, ax: Axes) -> QuadContourSet:
    """Draw bands of one of `COLUMN`, the limits, and where no asymmetry of nu_e is left."""
    name, factor, _, cmap, levels = COLUMN[column]
    values = np.ma.masked_invalid(factor * np.asarray(getattr(plane, name))).T
    bands = ax.contourf(plane.u, plane.v, values, levels, cmap=cmap, extend="both", alpha=0.75)
    _line(plane, plane.cmb, threshold, ax, colors=BLUE, linewidths=1.4)
    _line(plane, plane.abundances, threshold, ax, colors=VERMILION, linewidths=1.4)
    _line(plane, plane.left_e, 0.0, ax, colors=BLACK, linewidths=0.8, linestyles="dashed")
    ax.set_aspect("equal")
    ax.set(xlabel=plane.labels[0], ylabel=plane.labels[1])
    return bands


def asymmetry_figure(planes: Sequence[AsymmetryPlane], threshold: float) -> Figure:
    """Return the figure: a row for each plane, N_eff, Y_p and D/H in columns; ``threshold``: Delta chi^2 of limits."""
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(COLUMNS, 2.35 * len(planes) + 1.1), layout="constrained")
        axes = figure.subplots(len(planes), len(COLUMN), squeeze=False)
        for row, plane in zip(axes, planes, strict=True):
            bands = [asymmetry_panel(plane, k, threshold, ax) for k, ax in enumerate(row)]
            row[0].set_title(plane.title, loc="left", fontsize=8.5, pad=3)
        for k, found in enumerate(bands):
            bar(figure, found, list(axes[:, k]), COLUMN[k][2])
        entries = [
            Line2D([], [], color=BLUE, label="CMB"),
            Line2D([], [], color=VERMILION, label=r"$Y_p$ and D/H"),
            Line2D([], [], color=BLACK, lw=0.8, ls="dashed", label=r"no asymmetry of $\nu_e$ left"),
        ]
        figure.legend(handles=entries, loc="outside upper center", ncols=3)
        figure.draw_without_rendering()
    return figure
