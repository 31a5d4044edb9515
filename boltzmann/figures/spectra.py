"""Spectra of the CMB and of matter, over those of another Universe."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from boltzmann.figures.style import _RC, BLACK, BLUE, COLUMNS, GREEN, GREY, VERMILION
from boltzmann.numerics.arrays import Array, Index

__all__ = ["angular_panel", "matter_panel", "ratio_figure"]

PENS = {
    "TT": (VERMILION, (), r"$C_\ell^{TT}$"),
    "EE": (BLUE, (5, 1.5), r"$C_\ell^{EE}$"),
    "PP": (GREEN, (1.5, 1), r"$C_\ell^{\phi\phi}$"),
}


def angular_panel(ell: Index, ratios: Mapping[str, Array], ax: Axes) -> list[Line2D]:
    """Draw ratios of C_l against multipoles; names are keys of `PENS`."""
    ax.axhline(1.0, color=GREY, lw=0.8)
    lines = []
    for name, ratio in ratios.items():
        color, dashes, label = PENS[name]
        lines += ax.plot(ell, ratio, color=color, dashes=dashes or (None, None), lw=1.2, label=label)
    ax.set(xlabel=r"multipole $\ell$", ylabel="with / without", xlim=(2, ell[-1]))
    ax.legend(frameon=False)
    return lines


def matter_panel(k: Array, ratio: Array, ax: Axes) -> Line2D:
    """Draw a ratio of P(k) against k [1/Mpc]."""
    ax.axhline(1.0, color=GREY, lw=0.8)
    (line,) = ax.plot(k, ratio, color=BLACK, lw=1.2)
    ax.set(xscale="log", xlabel=r"$k$ [1/Mpc]", ylabel=r"$P(k)$, with / without", xlim=(k[0], k[-1]))
    return line


def ratio_figure(ell: Index, angular: Mapping[str, Array], k: Array, matter: Array) -> Figure:
    """Return the figure of both panels.

    Parameters
    ----------
    ell : array (n,)
        Multipoles.
    angular : mapping
        "TT", "EE", "PP" -> ratio of C_l (n,).
    k : array (m,) [1/Mpc]
    matter : array (m,)
        Ratio of P(k).
    """
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(COLUMNS, 2.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        angular_panel(ell, angular, left)
        matter_panel(k, matter, right)
    return figure
