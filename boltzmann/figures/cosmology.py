"""Figures that compare cosmology with laboratory data: planes of mixing, planes of couplings, profiles of chi^2.

As in `boltzmann.figures.style`, every panel is a function of arrays and an axis. Laboratory data are pale areas and
thin lines, cosmology is drawn over them in the colours of Okabe and Ito with a dash pattern for each scenario. Captions
are files beside the figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, cycle, islice
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import TickedStroke, withStroke, withTickedStroke

from boltzmann.figures.laboratory import Drawing, Expected, expected, mark_ends, trimmed
from boltzmann.figures.style import _RC, BLACK, BLUE, COLUMNS, GREY, VERMILION
from boltzmann.numerics.arrays import Array

__all__ = [
    "Cosmology",
    "Curves",
    "Plane",
    "joint_figure",
    "numbers_figure",
    "planes_figure",
]

#: Scenario -> colour and dash pattern.
PENS: dict[str, tuple[str, tuple[float, ...]]] = {
    "3+1": (BLACK, ()),
    "vector": (VERMILION, (5, 1.5)),
    "pseudoscalar": (BLUE, (1.5, 1)),
}
#: One colour for every experiment of a figure, in the order in which they are drawn: as many as planes have.
PALE = (
    "#56B4E9", "#E69F00", "#CC79A7", "#009E73", "#999999", "#882255",
    "#DDCC77", "#332288", "#117733", "#CC6677", "#44AA99", "#AA4499",
)  # fmt: skip
N_EFF_LEVELS, M_EFF_LEVELS = (3.1, 3.3, 3.6, 3.9), (0.1, 0.65)
DELTA_LEVELS = (20.0, 30.0, 50.0, 80.0)  # of planes of couplings, besides the limit; bounds of the table are near 100
X_LABELS = {
    "mue": r"$\sin^2 2\theta_{\mu e} = 4|U_{e4}|^2|U_{\mu 4}|^2$",
    "ee": r"$|U_{e4}|^2$",
    "mumu": r"$|U_{\mu 4}|^2$",
}
X_RANGES = {"mue": (1e-8, 0.3), "ee": (1e-5, 0.5), "mumu": (1e-5, 0.5)}
DM2_LABEL = r"$\Delta m^2_{41}$ [eV$^2$]"
DM2_RANGE = (0.02, 10.0)
WIDTHS = (0.8, 1.8)  # of lines at 2 and 3 sigma
_SMALL: dict[str, Any] = {"fontsize": 6.0, "frameon": False, "columnspacing": 1.0, "handlelength": 1.6}
_ROOM = 14.0  # between the middles of labels [pt]
_HALO = withStroke(linewidth=1.4, foreground="white")


@dataclass(frozen=True, eq=False)
class Cosmology:
    """A scenario in one plane.

    Parameters
    ----------
    scenario : str
        A key of `PENS`.
    label : str
        For the legend.
    x, dm2_41 : arrays (m,), (n,)
        Axes; dm2_41 in eV^2.
    delta_chi2, N_eff, m_eff : arrays (n, m)
        Delta chi^2 relative to the best point; m_eff in eV, NaN: none.
    """

    scenario: str
    label: str
    x: Array
    dm2_41: Array
    delta_chi2: Array
    N_eff: Array
    m_eff: Array


@dataclass(frozen=True, eq=False)
class Plane:
    """One plane: "mue", "ee" or "mumu", what laboratories say, scenarios of cosmology, and experiments to come."""

    name: str
    laboratory: Sequence[Drawing]
    cosmology: Sequence[Cosmology]
    expected: Sequence[Expected] = ()


@dataclass(frozen=True, eq=False)
class Curves:
    """Profiles of chi^2 for one combination of CMB data.

    Parameters
    ----------
    title : str
    axes : dict
        "dm2_41", "Ue4_sq", "Umu4_sq" -> values.
    profiles : dict
        Scenario -> axis -> profile of chi^2_lab + chi^2_CMB minus the sum of both minima.
    laboratory : dict
        Axis -> profile of chi^2_lab minus its minimum.
    labels : dict
        Scenario -> entry of the legend.
    """

    title: str
    axes: Mapping[str, Array]
    profiles: Mapping[str, Mapping[str, Array]]
    laboratory: Mapping[str, Array]
    labels: Mapping[str, str] = field(default_factory=dict)


def laboratory(
    drawings: Sequence[Drawing], ax: Axes, first: int = 0, left: float | None = None
) -> list[Patch | Line2D]:
    """Draw regions as pale areas and limits as thin lines with ticks; return the entries of the legend.

    Colours are those of `PALE` from the position ``first``; ``left`` is where the axis of amplitudes begins.
    """
    entries: list[Patch | Line2D] = []
    for color, whole in zip(islice(cycle(PALE), first, None), drawings, strict=False):
        drawing = trimmed(whole, DM2_RANGE)
        height = drawing.heights[0]
        mark_ends(drawing, color, ax, DM2_RANGE, left)
        if drawing.style == "region":
            ax.contourf(drawing.amplitude, drawing.dm2_41, height, [-np.inf, 0.0], colors=[color], alpha=0.45)
            entries.append(Patch(facecolor=color, alpha=0.45, label=drawing.label))
            continue
        lines = ax.contour(drawing.amplitude, drawing.dm2_41, height, [0.0], colors=[color], linewidths=1.0)
        lines.set_path_effects([withTickedStroke(spacing=8, length=0.5, angle=60)])
        entries.append(Line2D([], [], color=color, lw=1.0, label=drawing.label))
    return entries


def exclusion(curve: Cosmology, thresholds: tuple[float, float], ax: Axes) -> Line2D:
    """Draw where Delta chi^2 crosses two thresholds: thin, and thick with ticks towards what is excluded."""
    color, dashes = PENS[curve.scenario]
    for level, width in zip(thresholds, WIDTHS, strict=True):
        if curve.delta_chi2.min() < level < curve.delta_chi2.max():
            lines = ax.contour(curve.x, curve.dm2_41, curve.delta_chi2, [level], colors=[color], linewidths=width)
            if dashes:
                lines.set_linestyle((0, dashes))
            if width == WIDTHS[1]:
                ticks = ax.contour(curve.x, curve.dm2_41, curve.delta_chi2, [level], colors=[color], linewidths=0.0)
                ticks.set_path_effects([TickedStroke(spacing=12, length=0.6, angle=60, linewidth=0.8)])
    return Line2D([], [], color=color, lw=1.8, dashes=dashes or (None, None), label=curve.label)


def _labelled(
    x: Array,
    y: Array,
    values: Array,
    levels: Sequence[float],
    ax: Axes,
    *,
    fmt: str = "%g",
    place: float = 0.5,
    ink: str | None = None,
    **style: Any,
) -> QuadContourSet:
    """Draw contours that exist, each with its value where there is room; first choice is the fraction `place` of it."""
    known = values[np.isfinite(values)]
    inside = [level for level in levels if known.size and known.min() < level < known.max()]
    lines = ax.contour(x, y, np.ma.masked_invalid(values), inside, **style)
    lengthwise = [np.asarray(path.vertices) for path in lines.get_paths()]
    for vertices in lengthwise:
        point = _free(vertices, place, ax)
        if point is not None:
            ax.clabel(lines, fmt=fmt, fontsize=6, inline=False, colors=ink, manual=[point])
    for label in lines.labelTexts:
        label.set_path_effects([_HALO])
    return lines


def _free(vertices: Array, place: float, ax: Axes) -> Array | None:
    """Return a point of a line as far as `_ROOM` from all texts of the axes; None: there is none, or no line."""
    taken = ax.transData.transform([text.xy if hasattr(text, "xy") else text.get_position() for text in ax.texts] or [])
    for fraction in (place, 0.5, 0.3, 0.7, 0.15, 0.85):
        if not len(vertices):
            return None
        point: Array = vertices[int(fraction * len(vertices))]
        distance = np.hypot(*(np.reshape(taken, (-1, 2)) - ax.transData.transform(point)).T)
        if np.all(distance > _ROOM * ax.figure.dpi / 72.0):
            return point
    return None


def _frame(name: str, ax: Axes) -> None:
    ax.set(xscale="log", yscale="log", xlabel=X_LABELS[name], xlim=X_RANGES[name], ylim=DM2_RANGE)


def _settled(figure: Figure) -> Figure:
    """Lay a figure out once, not again for every file."""
    with mpl.rc_context(_RC):
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def planes_figure(planes: Sequence[Plane], thresholds: tuple[float, float]) -> Figure:
    """Return the figure of all planes: exclusions by cosmology over laboratory data.

    Parameters
    ----------
    planes : sequence of Plane
    thresholds : tuple of two floats
        Delta chi^2 at 2 and 3 sigma.
    """
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(COLUMNS, 4.2), layout="constrained")
        axes = np.atleast_1d(figure.subplots(1, len(planes), sharey=True))
        curves: list[Line2D] = []
        seen: set[str] = set()
        firsts = accumulate((len(plane.laboratory) for plane in planes), initial=0)
        for letter, plane, ax, first in zip("abc", planes, axes, firsts, strict=False):
            entries = [
                *laboratory(plane.laboratory, ax, first, X_RANGES[plane.name][0]),
                *expected(plane.expected, ax),
            ]
            curves = [exclusion(curve, thresholds, ax) for curve in plane.cosmology]
            seen |= {c.label for c in plane.cosmology if np.nanmin(_cropped(c, plane.name).delta_chi2) < thresholds[1]}
            _frame(plane.name, ax)
            ax.set_title(f"({letter})", loc="left", fontsize=8.5, pad=3)
            ax.legend(handles=entries, loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2, **_SMALL)
        axes[0].set_ylabel(DM2_LABEL)
        figure.legend(
            handles=[*_marked(curves, seen, "all excluded"), *_strokes()],
            loc="outside upper center",
            ncols=5,
            frameon=False,
            handlelength=2.6,
            fontsize=6.8,
        )
    return _settled(figure)


def _marked(entries: Sequence[Line2D], seen: set[str], why: str) -> list[Line2D]:
    """Return entries of a legend; those whose lines are nowhere in the frames say why."""
    for entry in entries:
        label = str(entry.get_label())
        if label not in seen:
            entry.set_label(f"{label} ({why})")
    return list(entries)


def _strokes() -> list[Line2D]:
    """Return entries of the legend for the widths of lines."""
    return [
        Line2D([], [], color=GREY, lw=width, label=rf"{k} $\sigma$") for k, width in zip((2, 3), WIDTHS, strict=True)
    ]


def _cropped(curve: Cosmology, name: str) -> Cosmology:
    """Return the part of a scenario that the frame shows, and a point beyond."""
    rows, columns = _inside(curve.dm2_41, DM2_RANGE), _inside(curve.x, X_RANGES[name])
    parts = {key: getattr(curve, key)[rows, columns] for key in ("delta_chi2", "N_eff", "m_eff")}
    return replace(curve, x=curve.x[columns], dm2_41=curve.dm2_41[rows], **parts)


def _inside(values: Array, limits: tuple[float, float]) -> slice:
    first, last = np.searchsorted(values, limits)
    return slice(max(int(first) - 1, 0), int(last) + 1)


def numbers_panel(curve: Cosmology, thresholds: tuple[float, float], ax: Axes) -> QuadContourSet:
    """Draw N_eff in colour with labelled white contours, m_eff dotted, and Delta chi^2 at 2 and 3 sigma."""
    norm = BoundaryNorm((3.0, *N_EFF_LEVELS), 256, extend="both")
    bands = ax.contourf(
        curve.x, curve.dm2_41, curve.N_eff, (3.0, *N_EFF_LEVELS), norm=norm, cmap="cividis_r", alpha=0.6, extend="both"
    )
    _labelled(curve.x, curve.dm2_41, curve.N_eff, N_EFF_LEVELS, ax, ink=BLACK, colors=["white"], linewidths=0.9)
    _labelled(
        curve.x,
        curve.dm2_41,
        curve.m_eff,
        M_EFF_LEVELS,
        ax,
        fmt="%g eV",
        place=0.88,
        colors=[BLACK],
        linewidths=0.9,
        linestyles="dotted",
    )
    exclusion(curve, thresholds, ax)
    return bands


def numbers_figure(planes: Sequence[Plane], thresholds: tuple[float, float]) -> Figure:
    """Return the figure of N_eff, m_eff and Delta chi^2: a row for every scenario, a column for every plane."""
    scenarios = [curve.label for curve in planes[0].cosmology]
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(COLUMNS, 1.0 + 2.1 * len(scenarios)), layout="constrained")
        axes = figure.subplots(len(scenarios), len(planes), sharey=True, sharex="col", squeeze=False)
        for row, label in zip(axes, scenarios, strict=True):
            for plane, ax in zip(planes, row, strict=True):
                curve = next(curve for curve in plane.cosmology if curve.label == label)
                _frame(plane.name, ax)  # first: labels of contours are placed in the frame
                bands = numbers_panel(_cropped(curve, plane.name), thresholds, ax)
                ax.label_outer()
            row[0].set_ylabel(DM2_LABEL)
            row[0].set_title(label, loc="left", fontsize=8.0, pad=3)
        bar = figure.colorbar(bands, ax=axes, location="bottom", aspect=60, pad=0.02, label=r"$N_\mathrm{eff}$")
        bar.ax.minorticks_off()
    return _settled(figure)


#: Reason -> colour: none is white, so that what is reconciled stands out.
PROFILE_TOP = 70.0  # of the axes of profiles
_PROFILE_LABELS = {"dm2_41": DM2_LABEL, "Ue4_sq": X_LABELS["ee"], "Umu4_sq": X_LABELS["mumu"]}


def profile_panel(curves: Curves, axis: str, ax: Axes) -> list[Line2D]:
    """Draw profiles along one axis."""
    x = curves.axes[axis]
    lines = ax.plot(x, curves.laboratory[axis], color=GREY, lw=3.0, label="laboratory alone")
    for scenario, profiles in curves.profiles.items():
        color, dashes = PENS[scenario]
        label = curves.labels.get(scenario, scenario)
        lines += ax.plot(x, profiles[axis], color=color, dashes=dashes or (None, None), lw=1.5, label=label)
    ax.set(xscale="log", xlim=(x.min(), x.max()), ylim=(0.0, PROFILE_TOP), xlabel=_PROFILE_LABELS[axis])
    return lines


def joint_figure(rows: Sequence[Curves], data: str = "CMB") -> Figure:
    """Return the figure of profiles: a row for every combination of CMB data, a column for every parameter.

    Parameters
    ----------
    rows : sequence of Curves
    data : str
        What the profiles have beside laboratories, for the axis.
    """
    label = rf"$\chi^2_{{\rm lab}}+\chi^2_{{\rm {data}}}-$ both minima"
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(COLUMNS, 0.6 + 2.0 * len(rows)), layout="constrained")
        axes = figure.subplots(len(rows), 3, sharey=True, sharex="col", squeeze=False)
        lines: list[Line2D] = []
        seen: set[str] = set()
        for curves, row in zip(rows, axes, strict=True):
            for axis, ax in zip(_PROFILE_LABELS, row, strict=True):
                lines = profile_panel(curves, axis, ax)
                seen |= {str(line.get_label()) for line in lines if np.any(np.asarray(line.get_ydata()) < PROFILE_TOP)}
                ax.label_outer()
            row[0].set_ylabel(label)
            row[1].set_title(curves.title, fontsize=8.0, pad=3)  # not at the left: its middle makes room in a column
        handles = _marked(lines, seen, f"above {PROFILE_TOP:g}")
        figure.legend(
            handles=handles, loc="outside upper center", ncols=4, frameon=False, handlelength=2.2, fontsize=7.0
        )
    return _settled(figure)
