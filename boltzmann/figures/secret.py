"""Figures of a secret vector interaction: the plane of coupling and mass, the lecture, the formula of mixing in matter.

As in `boltzmann.figures.style`, every panel is a function of arrays and an axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter

from boltzmann.figures.style import _RC, BLACK, BLUE, COLUMNS, GREEN, GREY, STATES, VERMILION
from boltzmann.numerics.arrays import Array, Mask

__all__ = [
    "LATE",
    "CouplingPlane",
    "History",
    "Region",
    "bar",
    "contours",
    "lecture_figure",
    "mixing_figure",
    "plane_figure",
]

N_EFF_LEVELS = (3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 3.8, 4.0, 4.5, 5.0, 6.0)
T_LEVELS = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0)
LATE = 0.1  # T_gamma [MeV] below which energy is received late
Region: TypeAlias = Mapping[str, tuple[float, float]]  # "e_s" and "mass" [MeV] -> range


@dataclass(frozen=True, eq=False)
class CouplingPlane:
    """N_eff and recoupling over coupling and mass of a secret vector.

    Parameters
    ----------
    couplings, masses : arrays (n,), (m,)
        e_s, and M [MeV]; ascending.
    N_eff_1MeV, N_eff, T_recoupling : arrays (n, m)
        At T_gamma = 1 MeV and at the end; photon temperature [MeV]. NaN: none.
    failed : array of bool (n, m)
        Points that did not end well.
    region : mapping
        Ranges that are framed in the last panel.
    """

    couplings: Array
    masses: Array
    N_eff_1MeV: Array
    N_eff: Array
    T_recoupling: Array
    failed: Mask
    region: Region


class History(NamedTuple):
    """Arrays (n,) over the temperatures of a run; energies in MeV.

    Attributes
    ----------
    T : array
        Photon temperature, falling.
    T_s_over_T : array
        T_s/T_gamma.
    fugacity : array
        e^(mu_s/T_s), which potential and rates leave out.
    potential : array
        V_s of the thermal bath.
    active : array
        Standard-Model potential of the active flavour with the largest |U_a4|^2.
    vacuum : array
        dm2_41/(2k).
    sin2_2theta : array
        sin^2 2theta_m of the published formula, with V_s alone.
    sin2_2theta_0 : float
        The same in vacuum.
    inverse_decay, scattering, weak, conversion, hubble : arrays
        Rates: A' -> nu nubar and its inverse, secret collisions, weak collisions of the active flavour, active into
        sterile neutrinos, expansion.
    flavour : str
        The active flavour.
    """

    T: Array
    T_s_over_T: Array
    fugacity: Array
    potential: Array
    active: Array
    vacuum: Array
    sin2_2theta: Array
    sin2_2theta_0: float
    inverse_decay: Array
    scattering: Array
    weak: Array
    conversion: Array
    hubble: Array
    flavour: str


def contours(
    places: tuple[Array, Array],
    values: Array,
    levels: tuple[float, ...],
    cmap: str,
    ax: Axes,
    labelled: bool = True,
) -> QuadContourSet:
    """Draw filled bands with lines at ``places`` (abscissae, ordinates); one colour step per band."""
    norm = BoundaryNorm(levels, 256, extend="both")
    known = np.ma.masked_invalid(values)
    bands = ax.contourf(*places, known, levels, norm=norm, cmap=cmap, extend="both")
    inside = [level for level in levels if known.count() and known.min() < level < known.max()]
    if inside:
        lines = ax.contour(*places, known, inside, colors=BLACK, linewidths=0.5)
        for label in ax.clabel(lines, fmt="%g", fontsize=6, inline=False) if labelled else ():
            label.set_path_effects([withStroke(linewidth=1.2, foreground="white")])
    return bands


def _frame(plane: CouplingPlane, ax: Axes) -> None:
    """Set logarithmic axes; hatch M < e_s T at T = 1 MeV; mark failed points."""
    ax.set(xscale="log", yscale="log", xlabel=r"mediator mass $M$ [MeV]")
    limits = ax.get_xlim(), ax.get_ylim()
    masses = plane.masses[[0, -1]]
    ax.fill_between(
        masses, masses, np.maximum(masses, 1e3), facecolor="none", edgecolor=GREY, hatch="////", linewidth=0.0
    )
    i, j = np.nonzero(plane.failed)
    ax.plot(plane.masses[j], plane.couplings[i], "x", color=VERMILION, ms=3, label="failed")
    ax.set_xlim(*limits[0])
    ax.set_ylim(*limits[1])


def n_eff_panel(plane: CouplingPlane, values: Array, ax: Axes) -> QuadContourSet:
    """Draw contours of N_eff."""
    bands = contours((plane.masses, plane.couplings), values, N_EFF_LEVELS, "viridis", ax)
    _frame(plane, ax)
    return bands


def recoupling_panel(plane: CouplingPlane, ax: Axes) -> QuadContourSet:
    """Draw contours of the recoupling temperature, that of 0.1 MeV in colour, and the frame of the region."""
    T = plane.T_recoupling
    bands = contours((plane.masses, plane.couplings), T, T_LEVELS, "magma", ax)
    if np.nanmin(T, initial=np.inf) < LATE:
        ax.contour(plane.masses, plane.couplings, np.ma.masked_invalid(T), [LATE], colors=VERMILION, linewidths=1.6)
    (x0, x1), (y0, y1) = plane.region["mass"], plane.region["e_s"]
    ax.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, ls="--", lw=1.0, ec=VERMILION))
    _frame(plane, ax)
    return bands


def plane_figure(plane: CouplingPlane) -> Figure:
    """Return the figure of a plane: N_eff at 1 MeV and at the end, recoupling temperature."""
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(COLUMNS, 3.5), layout="constrained")
        a, b, c = figure.subplots(1, 3, sharex=True, sharey=True)
        n_eff_panel(plane, plane.N_eff_1MeV, a)
        bands = n_eff_panel(plane, plane.N_eff, b)
        temperature = recoupling_panel(plane, c)
        a.set_ylabel(r"coupling $e_s$")
        titles = (r"(a) $N_\mathrm{eff}$ at 1 MeV", r"(b) $N_\mathrm{eff}$ at the CMB", r"(c) recoupling, $T_γ$ [MeV]")
        for ax, title in zip((a, b, c), titles, strict=True):
            ax.set_title(title, loc="left", fontsize=8.5, pad=3)
        bar(figure, bands, [a, b], r"$N_\mathrm{eff}$")
        bar(figure, temperature, [c], r"recoupling temperature $T_γ$ [MeV]")
        figure.draw_without_rendering()
    return figure


def bar(figure: Figure, bands: QuadContourSet, axes: Sequence[Axes], label: str) -> None:
    """Add a colour bar below ``axes``, with a tick at every level."""
    drawn = figure.colorbar(bands, ax=list(axes), location="bottom", aspect=18 * len(axes), pad=0.02, label=label)
    drawn.set_ticks(list(bands.levels))
    drawn.ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    drawn.ax.tick_params(labelsize=6.5, which="major")
    drawn.ax.minorticks_off()


def _temperature_axis(T: Array, ax: Axes) -> None:
    ax.set(xscale="log", yscale="log", xlabel=r"photon temperature $T_γ$ [MeV]")
    ax.set_xlim(T.max(), T.min())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _signed(T: Array, values: Array, ax: Axes, **style: Any) -> list[Line2D]:
    """Draw |values|: a full line where positive, dotted where negative; the first is labelled."""
    label = style.pop("label")
    parts = (np.where(values > 0.0, values, np.nan), "-", label), (np.where(values < 0.0, -values, np.nan), ":", None)
    return [line for part, ls, name in parts for line in ax.plot(T, part, ls=ls, label=name, **style)]


def potential_panel(h: History, ax: Axes) -> list[Line2D]:
    """Draw |V_s| and the active potential against the vacuum term, over the photon temperature."""
    active = STATES[h.flavour].label
    lines = _signed(h.T, h.potential, ax, color=VERMILION, lw=1.8, label=r"secret $V_s$, dotted: $V_s < 0$")
    lines += _signed(h.T, h.active, ax, color=BLUE, lw=1.2, label=f"Standard Model, {active}")
    lines += ax.plot(h.T, h.vacuum, color=BLACK, lw=1.0, ls="--", label=r"vacuum, $\Delta m^2_{41}/2k$")
    _temperature_axis(h.T, ax)
    floor = 1e-3 * float(h.vacuum.min())
    ax.set_ylim(floor, 1e5 * max(float(np.abs(h.potential).max()), float(h.vacuum.max())))
    ax.set_ylabel("energy [MeV]")
    ax.legend(frameon=False, loc="upper right", handlelength=2.2)
    return lines


def mixing_panel(h: History, ax: Axes) -> list[Line2D]:
    """Draw sin^2 2theta_m of the published formula over the photon temperature, and its vacuum value."""
    lines = ax.plot(h.T, h.sin2_2theta, color=VERMILION, lw=1.8, label=r"in matter")
    lines.append(ax.axhline(h.sin2_2theta_0, color=BLACK, lw=1.0, ls="--", label="in vacuum"))
    _temperature_axis(h.T, ax)
    ax.set_ylim(max(1e-3 * float(h.sin2_2theta.min()), 1e-20), 30.0)
    ax.set_ylabel(r"$\sin^2 2\theta_m$")
    ax.legend(frameon=False, loc="lower right", handlelength=2.2)
    return lines


def rates_panel(h: History, ax: Axes) -> list[Line2D]:
    """Draw the rates over the Hubble rate, over the photon temperature."""
    drawn = (
        (h.conversion, f"{STATES[h.flavour].label} to {STATES['s'].label}", BLACK, "-"),
        (h.inverse_decay, "inverse decay of A′", VERMILION, "-"),
        (h.scattering, "secret scattering", GREEN, (0, (5, 2))),
        (h.weak, f"weak, {STATES[h.flavour].label}", BLUE, (0, (1.5, 1.5))),
    )
    lines = [
        line
        for rate, label, color, ls in drawn
        for line in ax.plot(h.T, np.where(rate > 0, rate / h.hubble, np.nan), color=color, ls=ls, lw=1.6, label=label)
    ]
    lines.append(ax.axhline(1.0, color=BLACK, lw=0.8, ls=":", label="expansion"))
    _temperature_axis(h.T, ax)
    highest = max(float((rate / h.hubble).max()) for rate, *_ in drawn)
    ax.set_ylim(1e-8, 1e9 * highest)
    ax.set_ylabel(r"rate$/H$")
    ax.legend(frameon=False, loc="upper right", ncols=2, handlelength=2.2, columnspacing=1.2)
    return lines


def bath_panel(h: History, ax: Axes) -> list[Line2D]:
    """Draw T_s/T_gamma and the fugacity of the run over the photon temperature."""
    lines = ax.plot(h.T, h.T_s_over_T, color=VERMILION, lw=1.8, label=r"temperature, $T_s/T_γ$")
    lines += ax.plot(h.T, h.fugacity, color=BLUE, lw=1.4, dashes=(5, 2), label=r"fugacity, $e^{μ_s/T_s}$")
    _temperature_axis(h.T, ax)
    ax.set_yscale("linear")
    ax.set_ylim(0.0, 1.3 * float(max(h.T_s_over_T.max(), h.fugacity.max())))
    ax.set_ylabel("dark bath")
    ax.legend(frameon=False, loc="upper left", handlelength=2.2)
    return lines


def _shade_conversion(h: History, ax: Axes) -> None:
    """Shade the temperatures at which conversion is faster than expansion."""
    fast = h.conversion > h.hubble
    ax.fill_between(h.T, 0.0, 1.0, where=fast, transform=ax.get_xaxis_transform(), color=GREY, alpha=0.3, lw=0)


_LECTURE = {
    "potential against vacuum term": potential_panel,
    "which sets the mixing": mixing_panel,
    "and, with collisions, the conversion": rates_panel,
    "which feeds the dark bath": bath_panel,
}


def lecture_figure(h: History) -> Figure:
    """Return the figure of one case: potential, mixing in matter, rates and dark temperature."""
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(COLUMNS, 5.6), layout="constrained")
        axes = figure.subplots(2, 2).ravel()
        for ax, letter, (title, panel) in zip(axes, "abcd", _LECTURE.items(), strict=True):
            panel(h, ax)
            _shade_conversion(h, ax)
            ax.set_title(f"({letter}) {title}", loc="left", fontsize=8.5, pad=3)
        figure.draw_without_rendering()
    return figure


def mixing_in_matter(shift: Array, curves: Mapping[float, tuple[Array, Array]], ax: Axes) -> list[Line2D]:
    """Draw the published sin^2 2theta_m against the size of the potential: full for V_eff < 0, dashed for V_eff > 0.

    Parameters
    ----------
    shift : array
        |2 E V_eff/dm2|.
    curves : mapping
        sin^2 2theta_0 -> sin^2 2theta_m at - ``shift`` and at + ``shift``.
    """
    lines = []
    for (sin2, (negative, positive)), color in zip(curves.items(), (VERMILION, BLUE, GREEN, BLACK), strict=False):
        lines += ax.plot(shift, negative, color=color, lw=1.6, label=rf"$\sin^2 2\theta_0$ = {sin2:g}")
        lines += ax.plot(shift, positive, color=color, lw=1.0, dashes=(4, 2))
    ax.set(xscale="log", yscale="log", ylabel=r"$\sin^2 2\theta_m$")
    ax.set_xlim(float(shift.min()), float(shift.max()))
    ax.set_xlabel(r"$|2EV_\mathrm{eff}/\Delta m^2|$,   full: $V_\mathrm{eff}<0$, dashed: $V_\mathrm{eff}>0$")
    ax.legend(frameon=False, loc="lower left")
    return lines


def mixing_figure(shift: Array, curves: Mapping[float, tuple[Array, Array]]) -> Figure:
    """Return `mixing_in_matter` as a figure of one journal column."""
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(COLUMNS / 2, 2.8), layout="constrained")
        mixing_in_matter(shift, curves, figure.subplots())
        figure.draw_without_rendering()
    return figure
