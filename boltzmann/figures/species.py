"""The figure of particles in equilibrium: N_eff, and chi^2 of the CMB and of abundances, by mass and species."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from boltzmann.figures.relics import STANDARD
from boltzmann.figures.style import _RC, BLACK, BLUE, COLUMNS, GREEN, GREY, VERMILION
from boltzmann.numerics.arrays import Array

__all__ = ["SpeciesCurves", "species_column", "species_figure"]

LOOK = ((VERMILION, "-"), (BLUE, "--"), (GREEN, "-."), (BLACK, ":"), ("#CC79A7", (0, (5, 1, 1, 1, 1, 1))))
ROWS = (
    ("N_eff", r"$N_\mathrm{eff}$"),
    ("cmb", r"$\Delta\chi^2$, CMB"),
    ("abundances", r"$\Delta\chi^2$, $Y_p$ and D/H"),
)
MOST = 1e3  # chi^2 that is shown


@dataclass(frozen=True, eq=False)
class SpeciesCurves:
    """Numbers over the masses of several species in one bath.

    Parameters
    ----------
    mass : array (n,)
        [MeV].
    species : sequence of str
    N_eff, cmb, abundances : arrays (species, n)
        Effective number, chi^2 of the CMB and of Y_p and D/H above that of three neutrinos; NaN where there is none.
    title : str
    threshold : float
        chi^2 of an exclusion.
    published : mapping
        Label -> published lower bound on the mass [MeV].
    """

    mass: Array
    species: Sequence[str]
    N_eff: Array
    cmb: Array
    abundances: Array
    title: str
    threshold: float
    published: Mapping[str, float]


def species_column(curves: SpeciesCurves, axes: Sequence[Axes]) -> list[Line2D]:
    """Draw one bath into three axes, from top to bottom; return the entries of a legend."""
    for ax, (name, label) in zip(axes, ROWS, strict=True):
        for values, (colour, line) in zip(getattr(curves, name), LOOK, strict=False):
            shown = values if name == "N_eff" else np.minimum(values, 10.0 * MOST)
            ax.plot(curves.mass, shown, color=colour, ls=line, lw=1.4)
        for bound in curves.published.values():
            ax.axvline(bound, color=GREY, ls=":", lw=1.0)
        ax.axhline(STANDARD if name == "N_eff" else curves.threshold, color=BLACK, ls="--", lw=0.7)
        ax.set(xscale="log", xlim=(curves.mass[0], curves.mass[-1]), ylabel=label)
        if name != "N_eff":
            ax.set_yscale("symlog", linthresh=1.0, linscale=0.3)
            ax.set_ylim(-5.0, MOST)
    axes[0].set_title(curves.title, fontsize=8.5)
    axes[-1].set_xlabel("mass [MeV]")
    looks = zip(curves.species, LOOK, strict=False)
    entries = [Line2D([], [], color=colour, ls=line, lw=1.4, label=name) for name, (colour, line) in looks]
    return [*entries, Line2D([], [], color=GREY, ls=":", lw=1.0, label="published, any of them")]


def species_figure(baths: Sequence[SpeciesCurves]) -> Figure:
    """Return the figure, a column for each bath."""
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(COLUMNS, 6.0), layout="constrained")
        axes = figure.subplots(len(ROWS), len(baths), sharex=True, squeeze=False)
        for k, curves in enumerate(baths):
            entries = species_column(curves, list(axes[:, k]))
        figure.legend(handles=entries, loc="outside upper center", ncols=3, fontsize=7.0)
        figure.draw_without_rendering()
    return figure
