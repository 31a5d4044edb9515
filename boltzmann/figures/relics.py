"""The figure of a plane of relics of MeV mass: N_eff, and what the CMB and primordial abundances exclude."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from boltzmann.figures.style import _RC, BLACK, BLUE, COLUMNS, GREY, VERMILION
from boltzmann.numerics.arrays import Array

__all__ = ["RelicPlane", "relic_figure", "relic_panel"]

LEVELS = (0.5, 1.0, 1.5, 2.0, 2.5, 2.8, 2.9, 2.95, 3.0, 3.04, 3.05, 3.1, 3.2, 3.5, 4.0, 5.0, 7.0, 10.0)
NAMED = (2.0, 2.5, 3.0, 3.1, 3.5, 5.0, 10.0)  # levels with a number
STANDARD = 3.044
PUBLISHED_LINES = ("--", "-.")


@dataclass(frozen=True, eq=False)
class RelicPlane:
    """N_eff and Delta chi^2 over mass and a second axis.

    Parameters
    ----------
    mass, other : arrays (n,), and (m,) or (n, m)
        [MeV], and lifetime [s], mixing or number of states.
    N_eff, cmb, abundances : arrays (n, m)
        Delta chi^2 of the CMB and chi^2 of Y_p and D/H above that of three neutrinos; NaN where a point has none.
    heated : array of bool (n, m)
        Where the plasma left the tables: excluded.
    label : str
        Of the second axis.
    threshold : float
        Delta chi^2 of an exclusion.
    published : sequence of (label, masses, values)
        Boundaries of others, drawn over it.
    """

    mass: Array
    other: Array
    N_eff: Array
    cmb: Array
    abundances: Array
    heated: Array
    label: str
    threshold: float
    published: Sequence[tuple[str, Array, Array]] = ()


def _places(plane: RelicPlane) -> tuple[Array, Array]:
    """Return the coordinates of all points, (n, m) each."""
    mass, other = np.broadcast_arrays(plane.mass[:, None], np.atleast_2d(plane.other))
    return mass, other


def _excluded(plane: RelicPlane, chi2: Array, colour: str, hatch: str, ax: Axes) -> None:
    """Draw the boundary of what a chi^2 excludes, and hatch it; where the plasma is heated, it is."""
    values = np.where(plane.heated, 10.0 * plane.threshold, chi2)
    if np.nanmin(values, initial=np.inf) < plane.threshold < np.nanmax(values, initial=-np.inf):
        shown = np.ma.masked_invalid(np.minimum(values, 10.0 * plane.threshold))
        ax.contour(*_places(plane), shown, [plane.threshold], colors=colour, linewidths=1.4)
        levels = [plane.threshold, 1e9]
        area = ax.contourf(*_places(plane), shown, levels, colors="none", hatches=[hatch])
        area.set_edgecolor(to_rgba(colour, 0.4))
        area.set_linewidth(0.0)


def relic_panel(plane: RelicPlane, ax: Axes) -> list[Line2D | Patch]:
    """Draw bands of N_eff and the boundaries; return the entries of a legend."""
    known, places = np.ma.masked_invalid(plane.N_eff), _places(plane)
    norm = TwoSlopeNorm(STANDARD, LEVELS[0], LEVELS[-1])
    ax.contourf(*places, known, LEVELS, norm=norm, cmap="RdBu_r", extend="both", alpha=0.6)
    inside = [level for level in LEVELS if known.count() and known.min() < level < known.max()]
    if inside:
        lines = ax.contour(*places, known, inside, colors=BLACK, linewidths=0.4)
        ax.clabel(lines, [level for level in inside if level in NAMED], fmt="%g", fontsize=6)
    ax.contourf(*places, plane.heated.astype(float), [1e-3, 1.5], colors=[GREY], alpha=0.7)
    _excluded(plane, plane.cmb, BLUE, "\\\\", ax)
    _excluded(plane, plane.abundances, VERMILION, "//", ax)
    for (_, masses, values), line in zip(plane.published, PUBLISHED_LINES, strict=False):
        ax.plot(masses, values, ls=line, lw=1.2, color=BLACK)
    ends = (plane.mass[0], plane.mass[-1]), (plane.other.min(), plane.other.max())
    ax.set(xscale="log", yscale="log", xlim=ends[0], ylim=ends[1], xlabel="mass [MeV]", ylabel=plane.label)
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda mass, _: f"{mass:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    own = [Line2D([], [], color=BLUE, label="CMB"), Line2D([], [], color=VERMILION, label=r"$Y_p$ and D/H")]
    looks = zip(plane.published, PUBLISHED_LINES, strict=False)
    others = [Line2D([], [], color=BLACK, ls=line, lw=1.2, label=name) for (name, _, _), line in looks]
    return [*own, *others, Patch(color=GREY, alpha=0.7, label="plasma heated four times")]


def relic_figure(plane: RelicPlane) -> Figure:
    """Return the figure of a plane, with its legend."""
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(0.65 * COLUMNS, 4.2), layout="constrained")
        ax = figure.subplots()
        entries = relic_panel(plane, ax)
        figure.legend(handles=entries, loc="outside upper center", ncols=3, fontsize=6.5)
        figure.draw_without_rendering()
    return figure
