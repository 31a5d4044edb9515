"""Which couplings of a secret interaction fail at a laboratory point, and why: planes of coupling and mass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy.ndimage import distance_transform_edt

from boltzmann.figures.cosmology import _HALO, DELTA_LEVELS, N_EFF_LEVELS, _labelled, _settled
from boltzmann.figures.style import _RC, BLACK, COLUMNS, GREY, VERMILION
from boltzmann.numerics.arrays import Array, Index, Mask

__all__ = ["Map", "why_excluded_figure"]


@dataclass(frozen=True, eq=False)
class Map:
    """The plane of coupling and mediator mass.

    Parameters
    ----------
    coupling, mass : arrays (n,), (m,)
    N_eff, delta_chi2 : arrays (n, m)
    reason : int array (n, m)
        Position in `reasons`.
    reasons : tuple of str
        What is the matter with a point; the first: nothing.
    labels : tuple of str
        Of the axes: mass, coupling.
    title : str
    limit : float
        Delta chi^2 above which a point is excluded.
    abundances : tuple of arrays, optional
        Coupling (k,), mass (l,) and chi^2 (k, l) of primordial abundances above that of three neutrinos.
    """

    coupling: Array
    mass: Array
    N_eff: Array
    delta_chi2: Array
    reason: Index
    reasons: tuple[str, ...]
    labels: tuple[str, str]
    title: str
    limit: float
    abundances: tuple[Array, Array, Array] | None = None


_EDGE = 0.03  # of the axes: half a digit
_ABOVE, _DEEP = 6.0, 2.5  # numbers of wide regions are so far above a point [pt], which may have a circle; grid steps
_REASONS = ("#FFFFFF", "#E69F00", "#F0E442", "#56B4E9", "#0072B2", "#CC79A7", "#BBBBBB")


def why_excluded_panel(content: Map, ax: Axes) -> list[Patch | Line2D]:
    """Draw why each point is excluded, N_eff as contours and the limit of Delta chi^2 as a thick line."""
    ax.pcolormesh(
        content.mass,
        content.coupling,
        content.reason,
        cmap=ListedColormap(_REASONS[: len(content.reasons)]),
        vmin=-0.5,
        vmax=len(content.reasons) - 0.5,
        alpha=0.55,
        shading="nearest",
        rasterized=True,
    )
    ax.set(xscale="log", yscale="log", xlabel=content.labels[0], ylabel=content.labels[1])
    _labelled(content.mass, content.coupling, content.N_eff, N_EFF_LEVELS, ax, colors=[BLACK], linewidths=0.6)
    for levels, width in (([content.limit], 1.8), (DELTA_LEVELS, 0.8)):
        style: dict[str, Any] = {"colors": [VERMILION], "linewidths": width, "linestyles": "dashed"}
        _labelled(content.mass, content.coupling, content.delta_chi2, levels, ax, **style)
    ax.set_title(content.title, loc="left", fontsize=8.5, pad=3)
    present = np.unique(content.reason).tolist()
    for k in present:
        i, j, depth = _middle(content.reason == k)
        above = _ABOVE if depth > _DEEP else 0.0
        _number(str(k), (content.mass[j], content.coupling[i]), ax, above)
    entries: list[Patch | Line2D] = [
        Patch(facecolor=_REASONS[k], alpha=0.55, edgecolor=GREY, label=f"{k}  {content.reasons[k]}") for k in present
    ]
    return [*entries, *_abundances(content, ax)]


def _number(text: str, at: tuple[float, float], ax: Axes, above: float) -> None:
    """Write the number of a region, this much [pt] above a place; at an edge of the axes, inside them."""
    x, y = ax.transAxes.inverted().transform(ax.transData.transform(at))
    ha = "right" if x > 1.0 - _EDGE else "left" if x < _EDGE else "center"
    va = "top" if y > 1.0 - _EDGE else "bottom" if y < _EDGE else "center_baseline"
    number = ax.annotate(text, at, (0, above), textcoords="offset points", ha=ha, va=va, weight="bold", zorder=6)
    number.set_path_effects([_HALO])


def _abundances(content: Map, ax: Axes) -> list[Line2D]:
    """Mark where primordial abundances were computed: full circles where they exclude a point."""
    if content.abundances is None:
        return []
    coupling, mass, chi2 = content.abundances
    x, y = np.meshgrid(mass, coupling)
    lines: list[Line2D] = []
    for excluded, fill, text in (
        (True, BLACK, "helium and deuterium: excluded"),
        (False, "white", "helium and deuterium: allowed"),
    ):
        at = np.isfinite(chi2) & ((chi2 > content.limit) == excluded)
        style: dict[str, Any] = {
            "ls": "",
            "marker": "o",
            "ms": 3.0,
            "mec": BLACK,
            "mew": 0.6,
            "clip_on": False,
            "zorder": 5,
        }
        lines += ax.plot(x[at], y[at], mfc=fill, label=text, **style)
    return lines


def _middle(inside: Mask) -> tuple[int, int, float]:
    """Return the point of a region that is farthest from its edge, and how far, in grid steps."""
    depth = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    i, j = np.unravel_index(depth.argmax(), depth.shape)
    return int(i), int(j), float(depth.max())


def why_excluded_figure(maps: Sequence[Map]) -> Figure:
    """Return the figure of planes of coupling and mass, side by side."""
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(COLUMNS, 4.0), layout="constrained")
        axes = np.atleast_1d(figure.subplots(1, len(maps)))
        entries: dict[str, Patch | Line2D] = {}
        for content, ax in zip(maps, axes, strict=True):
            entries |= {str(entry.get_label()): entry for entry in why_excluded_panel(content, ax)}
        handles = [entries[label] for label in sorted(entries)]
        figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    return _settled(figure)
