"""Figures of a secret vector interaction: the plane of coupling and mass, the lecture, the formula of mixing in matter.

As in `boltzmann.figures.style`, every panel is a function of arrays and an axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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

import boltzmann
from boltzmann.comparison.secret_lecture import Case, History
from boltzmann.comparison.secret_plane import LATE, Table
from boltzmann.figures.style import _RC, BLACK, BLUE, COLUMNS, GREEN, GREY, STATES, VERMILION, _wrapped
from boltzmann.numerics.arrays import Array

N_EFF_LEVELS = (3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 3.8, 4.0, 4.5, 5.0, 6.0)
T_LEVELS = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0)
Region = Mapping[str, tuple[float, float]]


def _contours(table: Table, values: Array, levels: tuple[float, ...], cmap: str, ax: Axes) -> QuadContourSet:
    """Draw filled bands with labelled lines on logarithmic axes; one colour step per band."""
    norm = BoundaryNorm(levels, 256, extend="both")
    known = np.ma.masked_invalid(values)
    bands = ax.contourf(table.masses, table.couplings, known, levels, norm=norm, cmap=cmap, extend="both")
    inside = [level for level in levels if known.count() and known.min() < level < known.max()]
    if inside:
        lines = ax.contour(table.masses, table.couplings, known, inside, colors=BLACK, linewidths=0.5)
        labels = ax.clabel(lines, fmt="%g", fontsize=6, inline=False)
        for label in labels:
            label.set_path_effects([withStroke(linewidth=1.2, foreground="white")])
    return bands


def _frame(table: Table, ax: Axes) -> None:
    """Set logarithmic axes; hatch M < e_s T at T = 1 MeV; mark failed points."""
    ax.set(xscale="log", yscale="log", xlabel=r"mediator mass $M$ [MeV]")
    limits = ax.get_xlim(), ax.get_ylim()
    masses = table.masses[[0, -1]]
    ax.fill_between(
        masses, masses, np.maximum(masses, 1e3), facecolor="none", edgecolor=GREY, hatch="////", linewidth=0.0
    )
    i, j = np.nonzero(table.failed)
    ax.plot(table.masses[j], table.couplings[i], "x", color=VERMILION, ms=3, label="failed")
    ax.set_xlim(*limits[0])
    ax.set_ylim(*limits[1])


def n_eff_panel(table: Table, name: str, ax: Axes) -> QuadContourSet:
    """Draw contours of ``"N_eff_1MeV"`` or ``"N_eff"``."""
    bands = _contours(table, table.values[name], N_EFF_LEVELS, "viridis", ax)
    _frame(table, ax)
    return bands


def recoupling_panel(table: Table, region: Region, ax: Axes) -> QuadContourSet:
    """Draw contours of the recoupling temperature, that of 0.1 MeV in colour, and the frame of ``region``."""
    T = table.values["T_recoupling_MeV"]
    bands = _contours(table, T, T_LEVELS, "magma", ax)
    if np.nanmin(T, initial=np.inf) < LATE:
        ax.contour(table.masses, table.couplings, np.ma.masked_invalid(T), [LATE], colors=VERMILION, linewidths=1.6)
    (x0, x1), (y0, y1) = region["mass"], region["e_s"]
    ax.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, ls="--", lw=1.0, ec=VERMILION))
    _frame(table, ax)
    return bands


def _elements(values: list[float]) -> str:
    flavours = ("e", r"{\mu}", r"{\tau}")
    return ", ".join(rf"$|U_{{{f}4}}|^2$ = {v:.3g}" for f, v in zip(flavours, values, strict=True) if v)


def _gaps(table: Table) -> str:
    """Return a sentence on points that failed or were not computed; nothing if there are none."""
    failed = int(table.failed.sum())
    missing = int(np.count_nonzero(~np.isfinite(table.values["N_eff"]) & ~table.failed))
    return f" {failed} points failed (crosses), {missing} are missing." if failed or missing else ""


def _lowest(T: Array) -> str:
    if not np.isfinite(T).any():
        return "none was found"
    lowest = float(np.nanmin(T))
    contour = "vermilion line" if lowest < LATE else "nowhere in the plane"
    return f"its minimum is {lowest:.2g} MeV; {LATE:g} MeV: {contour}"


def _plane_caption(table: Table) -> str:
    header, n = table.header, table.couplings.size
    return (
        r"Sterile neutrino with a secret vector boson A′, coupling $e_s\barν_sγ^μP_Lν_s$; $\Delta{m}^2_{41}$ = "
        f"{header['dm2_41_eV2']:g} eV$^2$, {_elements(header['U_a4_squared'])}, dark sector at $T_s/T_γ$ = "
        f"{header['T_s_over_T']:g} after muon annihilation, no lepton asymmetry. "
        r"(a) $N_\mathrm{eff}$ at $T_γ$ = 1 MeV in units of a neutrino with $T_ν=T_γ$, A′ included; "
        "(b) at the end of the run, all states relativistic. (c) Photon temperature at which half of the largest "
        "energy transfer from active neutrinos to the dark sector has happened; "
        f"{_lowest(table.values['T_recoupling_MeV'])}; dashed: where none below 0.1 MeV is expected (cf. "
        "arXiv:1605.06506). Hatched: $M<e_sT_γ$ at $T_γ$ = 1 MeV, where rates, with a thermal mass of A′, are "
        f"approximate.{_gaps(table)} "
        f"[sterile-boltzmann {header['version']}, {n} × {n} points; potential: arXiv:1310.6337]"
    )


def plane_figure(table: Table, region: Region) -> Figure:
    """Return the figure of a results file: N_eff at 1 MeV and at the end, recoupling temperature, caption.

    Parameters
    ----------
    table : Table
        See `boltzmann.comparison.secret_plane.table`.
    region : mapping
        ``e_s`` and ``mass`` [MeV]: ranges that are framed in the last panel.
    """
    with mpl.rc_context(_RC):
        caption = _wrapped(_plane_caption(table))
        figure = Figure(figsize=(COLUMNS, 3.5 + 0.13 * caption.count("\n")), layout="constrained")
        a, b, c = figure.subplots(1, 3, sharex=True, sharey=True)
        n_eff_panel(table, "N_eff_1MeV", a)
        bands = n_eff_panel(table, "N_eff", b)
        temperature = recoupling_panel(table, region, c)
        a.set_ylabel(r"coupling $e_s$")
        titles = (r"(a) $N_\mathrm{eff}$ at 1 MeV", r"(b) $N_\mathrm{eff}$ at the CMB", r"(c) recoupling, $T_γ$ [MeV]")
        for ax, title in zip((a, b, c), titles, strict=True):
            ax.set_title(title, loc="left", fontsize=8.5, pad=3)
        _bar(figure, bands, [a, b], r"$N_\mathrm{eff}$")
        _bar(figure, temperature, [c], r"recoupling temperature $T_γ$ [MeV]")
        figure.supxlabel(caption, fontsize=6.8, ha="left", x=0.01)
        figure.draw_without_rendering()
    return figure


def _bar(figure: Figure, bands: QuadContourSet, axes: list[Axes], label: str) -> None:
    bar = figure.colorbar(bands, ax=axes, location="bottom", aspect=18 * len(axes), pad=0.02, label=label)
    bar.set_ticks(list(bands.levels))
    bar.ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    bar.ax.tick_params(labelsize=6.5, which="major")
    bar.ax.minorticks_off()


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
    lines = _signed(h.T, h.potential, ax, color=VERMILION, lw=1.8, label=r"secret, $|V_s|$")
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
        (h.inverse_decay, "inverse decay of A′", VERMILION, "-"),
        (h.scattering, "secret scattering", GREEN, (0, (5, 2))),
        (h.weak, f"weak, {STATES[h.flavour].label}", BLUE, (0, (1.5, 1.5))),
    )
    lines = [
        line
        for rate, label, color, ls in drawn
        for line in ax.plot(h.T, np.where(rate > 0, rate / h.hubble, np.nan), color=color, ls=ls, lw=1.6, label=label)
    ]
    lines.append(ax.axhline(1.0, color=BLACK, lw=0.8, label="expansion"))
    _temperature_axis(h.T, ax)
    highest = max(float((rate / h.hubble).max()) for rate, *_ in drawn)
    ax.set_ylim(1e-6, 1e6 * highest)
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


def lecture_figure(h: History, case: Case) -> Figure:
    """Return the figure of one case: potential, mixing in matter, rates and dark temperature, with a caption."""
    interaction, mixing = case.interaction, case.mixing
    elements = [mixing.Ue4_sq, mixing.Umu4_sq, mixing.Utau4_sq]
    text = (
        rf"Secret vector interaction $e_s$ = {interaction.e_s:.3g}, $M$ = {interaction.mediator_mass:g}; "
        rf"$\Delta{{m}}^2_{{41}}$ = {mixing.dm2_41.value:g} eV$^2$, {_elements(elements)}; "
        rf"momentum $k$ = {case.kappa:g} $T_γ$. (a) One-loop potential of the sterile state in a thermal bath at $T_s$"
        ", potential of the active state, and vacuum term; dotted where negative. "
        r"(b) $\sin^2 2\theta_m = \sin^2 2\theta_0/[(\cos 2\theta_0 + "
        r"2kV_s/\Delta{m}^2_{41})^2 + \sin^2 2\theta_0]$ (arXiv:1310.6337). (c) Rates at $k$ over the Hubble rate. (d) "
        "Bath of sterile neutrinos and A′ in a run of the kinetic equations; (a)-(c) are thermal, at its $T_s$ and "
        f"without its fugacity. [sterile-boltzmann {boltzmann.__version__}]"
    )
    with mpl.rc_context(_RC):
        caption = _wrapped(text)
        figure = Figure(figsize=(COLUMNS, 5.6 + 0.13 * caption.count("\n")), layout="constrained")
        axes = figure.subplots(2, 2).ravel()
        panels = (potential_panel, mixing_panel, rates_panel, bath_panel)
        for ax, panel, letter in zip(axes, panels, "abcd", strict=True):
            panel(h, ax)
            ax.set_title(f"({letter})", loc="left", fontsize=8.5, pad=3)
        figure.supxlabel(caption, fontsize=6.8, ha="left", x=0.01)
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
