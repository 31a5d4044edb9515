"""Where nu = nubar is unstable in a plane of couplings, and what changes there: three maps."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure

from boltzmann.figures.secret import bar, contours
from boltzmann.figures.style import _RC, COLUMNS, VERMILION
from boltzmann.numerics.arrays import Array, Mask

__all__ = ["SignsPlane", "signs_figure"]

EXPONENTS = (1.0, 5.0, 25.0, 100.0, 1000.0)  # what is far above 25 means nothing else
SHIFTS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
NU_E = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, eq=False)
class SignsPlane:
    """Numbers over coupling and mass of a secret vector.

    Parameters
    ----------
    couplings, masses : arrays (n,), (m,)
        e_s, and M [MeV]; ascending.
    exponent : array (n, m)
        Largest growth exponent of a lepton asymmetry.
    shift : array (n, m)
        N_eff of nu = nubar less that with both signs; NaN where nu = nubar is stable.
    nu_e : array (n, m)
        Energy of nu_e at T_gamma = 0.7 MeV over that of a neutrino with T_gamma.
    failed : array of bool (n, m)
        Points that did not end well.
    limit : float
        Exponent above which nu = nubar is unstable.
    """

    couplings: Array
    masses: Array
    exponent: Array
    shift: Array
    nu_e: Array
    failed: Mask
    limit: float


def signs_panel(plane: SignsPlane, values: Array, levels: tuple[float, ...], cmap: str, ax: Axes) -> QuadContourSet:
    """Draw one map: contours, the line on which nu = nubar becomes unstable, crosses where nothing is known."""
    bands = contours((plane.masses, plane.couplings), values, levels, cmap, ax, labelled=False)  # lines lie too close
    known = np.ma.masked_invalid(plane.exponent)
    if known.count() and known.min() < plane.limit < known.max():
        ax.contour(plane.masses, plane.couplings, known, [plane.limit], colors=VERMILION, linewidths=1.4)
    i, j = np.nonzero(plane.failed)
    ax.plot(plane.masses[j], plane.couplings[i], "x", color=VERMILION, ms=2.5, mew=0.6)
    ax.set(xscale="log", yscale="log", xlabel=r"mediator mass $M$ [MeV]")
    return bands


def signs_figure(plane: SignsPlane) -> Figure:
    """Return growth exponent, shift of N_eff, and nu_e at weak freeze-out over coupling and mass."""
    panels = (
        (plane.exponent, EXPONENTS, "viridis", "(a) growth exponent", "exponent"),
        (
            np.abs(plane.shift),
            SHIFTS,
            "magma_r",
            r"(b) $\nu = \bar\nu$ against both signs",
            r"$|\Delta N_\mathrm{eff}|$",
        ),
        (plane.nu_e, NU_E, "cividis", r"(c) $\nu_e$ at weak freeze-out", r"energy of $\nu_e$ at 0.7 MeV"),
    )
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(COLUMNS, 3.3), layout="constrained")
        axes = figure.subplots(1, 3, sharex=True, sharey=True)
        for ax, (values, levels, cmap, title, label) in zip(axes, panels, strict=True):
            bands = signs_panel(plane, values, levels, cmap, ax)
            ax.set_title(title, loc="left", fontsize=8.5, pad=3)
            bar(figure, bands, [ax], label)
        axes[0].set_ylabel(r"coupling $e_s$")
        figure.draw_without_rendering()
    return figure
