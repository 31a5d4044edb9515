"""Figures: every panel is a function of arrays and an axis that returns what it drew. No physics, no file reading.

Colours are those of Okabe and Ito, which people with any common colour vision tell apart; line styles repeat the
distinction, because the active flavours often lie on top of each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

Array = NDArray[np.float64]

COLUMNS = 7.1  # width of two journal columns [inch]
VERMILION, BLUE, GREEN, BLACK, GREY = "#D55E00", "#0072B2", "#009E73", "#000000", "#BBBBBB"


@dataclass(frozen=True)
class Style:
    """How a state is drawn: label (mathtext), colour, dash pattern, line width [pt]."""

    label: str
    color: str
    dashes: tuple[float, ...]
    width: float


STATES = {
    "e": Style(r"$\nu_e$", VERMILION, (), 2.6),
    "mu": Style(r"$\nu_\mu$", BLUE, (5, 2), 1.8),
    "tau": Style(r"$\nu_\tau$", GREEN, (1.5, 1.5), 1.4),
    "s": Style(r"$\nu_s$", BLACK, (), 1.2),
}

_RC: dict[Any, Any] = {
    "font.family": "DejaVu Serif",
    "mathtext.fontset": "dejavuserif",
    "font.size": 8.0,
    "axes.labelsize": 8.5,
    "legend.fontsize": 8.0,
    "axes.linewidth": 0.6,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "pdf.fonttype": 42,
}


@dataclass(frozen=True)
class Comparison:
    """What the comparison figure shows.

    Parameters
    ----------
    T : array [MeV]
        Photon temperatures, decreasing.
    densities : mapping
        State -> energy density at `T`, relative to one standard neutrino flavour.
    momenta : array
        Final momenta p/T_nu, T_nu = (4/11)^(1/3) T_gamma.
    occupations : mapping
        State -> f/f_FD at the end.
    ell, ratio : arrays
        Multipoles and C_l^TT / C_l^TT(three neutrinos) - 1.
    centre, error : arrays
        Bin centres and relative 1 sigma error per bin.
    """

    T: Array
    densities: Mapping[str, Array]
    momenta: Array
    occupations: Mapping[str, Array]
    ell: NDArray[np.int64]
    ratio: Array
    centre: Array
    error: Array


def evolution(T: Array, densities: Mapping[str, Array], ax: Axes) -> list[Line2D]:
    """Draw energy densities against the photon temperature, which decreases to the right.

    Parameters
    ----------
    T : array [MeV]
        Photon temperatures.
    densities : mapping
        State ("e", "mu", "tau", "s") -> energy density, relative to one standard neutrino flavour.
    """
    lines = _draw_states(T, densities, ax)
    ax.set_xscale("log")
    ax.set_xlim(T.max(), T.min())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set_ylim(0.0, 1.18 * max(1.0, *(float(v.max()) for v in densities.values())))
    ax.set_xlabel(r"photon temperature $T_\gamma$ [MeV]")
    ax.set_ylabel(r"$\rho_\alpha\,/\,\rho_\nu$ of three neutrinos")
    ax.legend(frameon=False, ncols=len(lines), loc="upper left", handlelength=2.2, columnspacing=1.2)
    return lines


def spectra(momenta: Array, occupations: Mapping[str, Array], ax: Axes) -> list[Line2D]:
    """Draw final spectra relative to Fermi-Dirac.

    Parameters
    ----------
    momenta : array
        p/T_nu, T_nu = (4/11)^(1/3) T_gamma.
    occupations : mapping
        State -> f/f_FD.
    """
    lines = _draw_states(momenta, occupations, ax)
    values = np.concatenate(list(occupations.values()))
    margin = 0.15 * float(np.ptp(values)) + 0.005
    ax.set_xlim(0.0, float(momenta.max()))
    ax.set_ylim(float(values.min()) - margin, float(values.max()) + margin)
    ax.set_xlabel(r"momentum $p/T_\nu$,   $T_\nu = (4/11)^{1/3}\,T_\gamma$")
    ax.set_ylabel(r"$f_\alpha\,/\,f_{\rm FD}(p/T_\nu)$")
    ax.legend(frameon=False, loc="best", handlelength=2.2)
    return lines


def _draw_states(x: Array, curves: Mapping[str, Array], ax: Axes) -> list[Line2D]:
    """Draw one line per state, in its style."""
    lines: list[Line2D] = []
    for state, values in curves.items():
        style = STATES[state]
        lines += ax.plot(x, values, color=style.color, lw=style.width, dashes=style.dashes, label=style.label)
    return lines


def cl_ratio(ell: NDArray[np.int64], ratio: Array, centre: Array, error: Array, ax: Axes) -> list[Artist]:
    """Draw the change of the temperature spectrum in per cent, over a band of measurement errors.

    Parameters
    ----------
    ell, ratio : arrays
        Multipoles and C_l / C_l(reference) - 1.
    centre, error : arrays
        Bin centres and relative 1 sigma error per bin.
    """
    width = centre[1] - centre[0]
    edges = np.append(centre, centre[-1] + width) - 0.5 * width
    label = rf"Planck-like 1$\sigma$ error, $\Delta\ell = {width:.0f}$"
    band = ax.stairs(100 * error, edges, baseline=-100 * error, fill=True, color=GREY, label=label)
    zero = ax.axhline(0.0, color=BLACK, lw=0.6)
    (line,) = ax.plot(ell, 100 * ratio, color=VERMILION, lw=1.4, label="four neutrinos against three")
    extent = 1.25 * max(100 * float(np.abs(ratio).max()), 1.0)
    ax.set_ylim(-extent, extent)
    ax.set_xlim(0.0, float(ell.max()))
    ax.set_xlabel(r"multipole $\ell$")
    ax.set_ylabel(r"$C_\ell^{TT}/C_\ell^{TT}(3\nu) - 1$ [%]")
    ax.legend(frameon=False, loc="best")
    return [band, zero, line]


def comparison_figure(data: Comparison) -> Figure:
    """Return the three-panel figure: evolution, final spectra, temperature spectrum."""
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(COLUMNS, 5.3), layout="constrained")
        axes = figure.subplot_mosaic([["a", "b"], ["c", "c"]])
        evolution(data.T, data.densities, axes["a"])
        spectra(data.momenta, data.occupations, axes["b"])
        cl_ratio(data.ell, data.ratio, data.centre, data.error, axes["c"])
        for name, ax in axes.items():
            ax.set_title(f"({name})", loc="left", fontsize=8.5, pad=3)
        figure.draw_without_rendering()
    return figure


@dataclass(frozen=True)
class Refit:
    """What the figure of a refit shows.

    Parameters
    ----------
    ell, residuals : (613,) arrays
        Multipoles of the bandpowers, TT, TE and EE one after another, and (data - best fit)/sigma.
    sizes : tuple of int
        Numbers of bandpowers of TT, TE, EE.
    """

    ell: Array
    residuals: Array
    sizes: tuple[int, ...]


def residuals(ell: Array, values: Array, name: str, ax: Axes, width: int = 5) -> list[Artist]:
    """Draw (data - best fit)/sigma of one spectrum: bandpowers as points, means of `width` neighbours as a line.

    The mean of uncorrelated residuals has the standard deviation 1/sqrt(width), drawn as a band.
    """
    n = len(ell) // width * width
    means = values[:n].reshape(-1, width).mean(axis=1)
    band = ax.axhspan(-(width**-0.5), width**-0.5, color=GREY, alpha=0.5, lw=0)
    zero = ax.axhline(0.0, color=BLACK, lw=0.6)
    (points,) = ax.plot(ell, values, ".", ms=2.0, color=BLUE, alpha=0.6)
    (line,) = ax.plot(ell[:n].reshape(-1, width).mean(axis=1), means, color=VERMILION, lw=1.2)
    ax.set_ylim(-4.2, 4.2)
    ax.set_ylabel(rf"{name}: residual/$\sigma$")
    return [band, zero, points, line]


def refit_figure(data: Refit) -> Figure:
    """Return the figure of a refit: residuals of TT, TE and EE one above another."""
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(COLUMNS, 5.0), layout="constrained")
        axes = figure.subplots(3, 1, sharex=True)
        cuts = np.cumsum((0, *data.sizes))
        for ax, name, start, end in zip(axes, ("TT", "TE", "EE"), cuts, cuts[1:], strict=False):
            residuals(data.ell[start:end], data.residuals[start:end], name, ax)
        axes[-1].set_xlim(0.0, 2530.0)
        axes[-1].set_xlabel(r"multipole $\ell$")
        figure.draw_without_rendering()
    return figure
